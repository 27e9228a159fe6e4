import { stackServerApp } from "@/stack/server";

export default async function ProvisionedTeamApiKey({ params }) {
  const { teamId } = await params;
  const team = await stackServerApp.getTeam(teamId);
  if (!team) {
    return <p>Team not found</p>;
  }
  const teamApiKey = await team.createApiKey({
    description: "Admin-provisioned team API key",
    expiresAt: new Date(Date.now() + 30 * 24 * 60 * 60 * 1000), // 30 days
  });

  return <output>{teamApiKey.value}</output>;
}
