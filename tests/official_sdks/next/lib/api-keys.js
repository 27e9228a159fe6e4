import { stackServerApp } from "@/stack/server";

// Like the documentation's samples, these do not ask who is asking. That is for their callers.

export async function findApiKey(userId, apiKeyId) {
  const user = await stackServerApp.getUser(userId);
  const apiKeys = user ? await user.listApiKeys() : [];
  return apiKeys.find((apiKey) => apiKey.id === apiKeyId);
}

export async function revokeApiKey(userId, apiKeyId) {
  const apiKey = await findApiKey(userId, apiKeyId);
  await apiKey?.revoke();
}

export async function findTeamApiKey(teamId, apiKeyId) {
  const team = await stackServerApp.getTeam(teamId);
  const apiKeys = team ? await team.listApiKeys() : [];
  return apiKeys.find((apiKey) => apiKey.id === apiKeyId);
}

export async function revokeTeamApiKey(teamId, apiKeyId) {
  const apiKey = await findTeamApiKey(teamId, apiKeyId);
  await apiKey?.revoke();
}
