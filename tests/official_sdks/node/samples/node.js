// The documentation's samples for Node.js: a backend that manages keys and validates them.

import { StackServerApp } from "@stackframe/js";

const stackServerApp = new StackServerApp({
  projectId: process.env.STACK_PROJECT_ID,
  publishableClientKey: process.env.STACK_PUBLISHABLE_CLIENT_KEY,
  secretServerKey: process.env.STACK_SECRET_SERVER_KEY,
  tokenStore: "memory",
});

const MONTH = 30 * 24 * 60 * 60 * 1000;

const find = {
  user: (id) => stackServerApp.getUser(id),
  team: (id) => stackServerApp.getTeam(id),
};

async function getOwner(kind, id) {
  const owner = await find[kind](id);
  if (!owner) throw new Error(`No such ${kind}`);
  return owner;
}

async function getApiKey(kind, ownerId, apiKeyId) {
  const owner = await getOwner(kind, ownerId);
  const apiKeys = await owner.listApiKeys();
  const apiKey = apiKeys.find((key) => key.id === apiKeyId);
  if (!apiKey) throw new Error("No such API key");
  return apiKey;
}

export async function createApiKey(kind, ownerId, description = "Made by a backend") {
  const owner = await getOwner(kind, ownerId);
  return await owner.createApiKey({ description, expiresAt: new Date(Date.now() + MONTH) });
}

export async function listApiKeys(kind, ownerId) {
  const owner = await getOwner(kind, ownerId);
  return await owner.listApiKeys();
}

export async function revokeApiKey(kind, ownerId, apiKeyId) {
  const apiKey = await getApiKey(kind, ownerId, apiKeyId);
  await apiKey.revoke();
}

export async function checkApiKey(kind, ownerId, apiKeyId) {
  const apiKey = await getApiKey(kind, ownerId, apiKeyId);
  return { valid: apiKey.isValid(), reason: apiKey.whyInvalid() };
}

export async function authenticateUser(apiKey) {
  const user = await stackServerApp.getUser({ apiKey });
  if (!user) throw new Error("Invalid API key");
  return user;
}

export async function authenticateTeam(apiKey) {
  const team = await stackServerApp.getTeam({ apiKey });
  if (!team) throw new Error("Invalid team API key");
  return team;
}
