import { stackServerApp } from "@/stack/server";

export default async function ProvisionedApiKey() {
  const user = await stackServerApp.getUser({ or: "redirect" });
  const apiKey = await user.createApiKey({
    description: "Admin-provisioned API key",
    expiresAt: new Date(Date.now() + 30 * 24 * 60 * 60 * 1000), // 30 days
  });

  return <output>{apiKey.value}</output>;
}
