import { stackServerApp } from "@/stack/server";

export async function GET(request) {
  const apiKey = request.headers.get("X-Stack-Api-Key");
  if (!apiKey) {
    return Response.json({ error: "API key required" }, { status: 401 });
  }
  const user = await stackServerApp.getUser({ apiKey });
  if (!user) {
    return Response.json({ error: "Invalid API key" }, { status: 401 });
  }
  return Response.json({ userId: user.id, email: user.primaryEmail });
}
