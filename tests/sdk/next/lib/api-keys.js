import { stackServerApp } from "@/stack/server";

export async function findApiKey(userId, apiKeyId) {
  const user = await stackServerApp.getUser(userId);
  const apiKeys = user ? await user.listApiKeys() : [];
  return apiKeys.find((apiKey) => apiKey.id === apiKeyId);
}

export async function findTeamApiKey(teamId, apiKeyId) {
  const team = await stackServerApp.getTeam(teamId);
  const apiKeys = team ? await team.listApiKeys() : [];
  return apiKeys.find((apiKey) => apiKey.id === apiKeyId);
}
