// The documentation's samples for Express: an application for administrators, and two endpoints
// that only a key opens.

import { StackServerApp } from "@stackframe/js";
import express from "express";

export const app = express();
app.use(express.json());

const stackServerApp = new StackServerApp({
  projectId: process.env.STACK_PROJECT_ID,
  publishableClientKey: process.env.STACK_PUBLISHABLE_CLIENT_KEY,
  secretServerKey: process.env.STACK_SECRET_SERVER_KEY,
  tokenStore: "memory",
});

const MONTH = 30 * 24 * 60 * 60 * 1000;

app.param("userId", async (req, res, next, userId) => {
  req.owner = await stackServerApp.getUser(userId);
  if (!req.owner) return res.status(404).json({ error: "User not found" });
  next();
});

app.param("teamId", async (req, res, next, teamId) => {
  req.owner = await stackServerApp.getTeam(teamId);
  if (!req.owner) return res.status(404).json({ error: "Team not found" });
  next();
});

app.param("apiKeyId", async (req, res, next, apiKeyId) => {
  const apiKeys = await req.owner.listApiKeys();
  req.apiKey = apiKeys.find((key) => key.id === apiKeyId);
  if (!req.apiKey) return res.status(404).json({ error: "API key not found" });
  next();
});

for (const owner of ["/admin/users/:userId", "/admin/teams/:teamId"]) {
  app.post(`${owner}/api-keys`, async (req, res) => {
    const apiKey = await req.owner.createApiKey({
      description: req.body.description ?? "Made by an administrator",
      expiresAt: new Date(Date.now() + MONTH),
    });
    res.json({ id: apiKey.id, value: apiKey.value });
  });

  app.get(`${owner}/api-keys`, async (req, res) => {
    const apiKeys = await req.owner.listApiKeys();
    res.json(
      apiKeys.map((key) => ({
        id: key.id,
        description: key.description,
        lastFour: key.value.lastFour,
        createdAt: key.createdAt,
        expiresAt: key.expiresAt,
        revokedAt: key.manuallyRevokedAt,
      })),
    );
  });

  app.delete(`${owner}/api-keys/:apiKeyId`, async (req, res) => {
    await req.apiKey.revoke();
    res.json({ message: "API key revoked successfully" });
  });

  app.get(`${owner}/api-keys/:apiKeyId/validity`, (req, res) => {
    res.json({ valid: req.apiKey.isValid(), reason: req.apiKey.whyInvalid() });
  });
}

app.get("/api/protected", async (req, res) => {
  const apiKey = req.headers["x-stack-api-key"];
  if (!apiKey) return res.status(401).json({ error: "API key required" });
  const user = await stackServerApp.getUser({ apiKey });
  if (!user) return res.status(401).json({ error: "Invalid API key" });
  res.json({ userId: user.id, email: user.primaryEmail });
});

app.post("/api/team-protected", async (req, res) => {
  const apiKey = req.headers["x-stack-api-key"];
  if (!apiKey) return res.status(401).json({ error: "API key required" });
  const team = await stackServerApp.getTeam({ apiKey });
  if (!team) return res.status(401).json({ error: "Invalid team API key" });
  res.json({ teamId: team.id, teamName: team.displayName });
});
