import { stackServerApp } from "@/stack/server";

export async function POST(request) {
  const apiKey = request.headers.get("X-Stack-Api-Key");
  if (!apiKey) {
    return Response.json({ error: "API key required" }, { status: 401 });
  }
  const team = await stackServerApp.getTeam({ apiKey });
  if (!team) {
    return Response.json({ error: "Invalid team API key" }, { status: 401 });
  }
  return Response.json({ teamId: team.id, teamName: team.displayName });
}
