// The documentation's samples for JavaScript without a framework: people manage their own keys.
//
// They are written for a browser, where the SDK keeps the session in a cookie. Outside of one there
// is no cookie jar, and it keeps the session in memory.

import { StackClientApp } from "@stackframe/js";

export const stackClientApp = new StackClientApp({
  tokenStore: typeof document === "undefined" ? "memory" : "cookie",
  analytics: { enabled: false },
});

const DAY = 24 * 60 * 60 * 1000;

// The person who is signed in, or a team of theirs.
async function getOwner(teamId) {
  const user = await stackClientApp.getUser({ or: "throw" });
  if (!teamId) return user;
  const team = await user.getTeam(teamId);
  if (!team) throw new Error("No such team, or you are not a member");
  return team;
}

async function getMyApiKey(apiKeyId, teamId) {
  const apiKeys = await listMyApiKeys(teamId);
  const apiKey = apiKeys.find((key) => key.id === apiKeyId);
  if (!apiKey) throw new Error("No such API key");
  return apiKey;
}

export async function createMyApiKey(teamId) {
  const owner = await getOwner(teamId);
  return await owner.createApiKey({
    description: teamId ? "Team integration service" : "My client application",
    expiresAt: new Date(Date.now() + (teamId ? 60 : 90) * DAY),
  });
}

export async function listMyApiKeys(teamId) {
  const owner = await getOwner(teamId);
  return await owner.listApiKeys();
}

export async function revokeMyApiKey(apiKeyId, teamId) {
  const apiKey = await getMyApiKey(apiKeyId, teamId);
  await apiKey.revoke();
}

export async function checkMyApiKey(apiKeyId, teamId) {
  const apiKey = await getMyApiKey(apiKeyId, teamId);
  return { valid: apiKey.isValid(), reason: apiKey.whyInvalid() };
}
