import { ApiKeyList } from "@/components/api-key-list";
import { stackServerApp } from "@/stack/server";

export default async function TeamApiKeys({ params }) {
  const { teamId } = await params;
  const team = await stackServerApp.getTeam(teamId);
  if (!team) {
    return <p>Team not found</p>;
  }
  const apiKeys = await team.listApiKeys();

  return <ApiKeyList apiKeys={apiKeys} />;
}
