// Backends and people of the demo, each as an application of the SDK.

import { randomUUID } from "node:crypto";

import { StackClientApp, StackServerApp } from "@stackframe/js";

export const PASSWORDS = {
  [process.env.USER1_EMAIL]: process.env.USER1_PASSWORD,
  [process.env.USER2_EMAIL]: process.env.USER2_PASSWORD,
};

export const OWNERS = { user: process.env.USER1_ID, team: process.env.TEAM_ID };

/** A backend, which may do everything. */
export function backend(options) {
  return new StackServerApp({ tokenStore: "memory", ...options });
}

/** Somebody's application, before they sign in. */
export function visitor(options) {
  return new StackClientApp({ tokenStore: "memory", ...options });
}

/** Somebody's application, after they have signed in. */
export async function signedIn(email) {
  const app = visitor();
  await app.signInWithCredential({ email, password: PASSWORDS[email], noRedirect: true });
  return app;
}

/** The first user, who manages the keys of the demo's team, or the second, who does not. */
export async function member({ manager }) {
  const app = await signedIn(manager ? process.env.USER1_EMAIL : process.env.USER2_EMAIL);
  return await app.getUser({ or: "throw" });
}

/** Somebody new, signed in. */
export async function newcomer() {
  const app = visitor();
  const email = `${randomUUID()}@example.com`;
  const password = randomUUID();
  const result = await app.signUpWithCredential({ email, password, noVerificationCallback: true });
  if (result.status === "error") throw result.error;
  PASSWORDS[email] = password;
  return { app, email, password, user: await app.getUser({ or: "throw" }) };
}

/** The user or the team whose keys a backend manages. */
export async function ownerOf(kind, app) {
  return kind === "user" ? await app.getUser(OWNERS.user) : await app.getTeam(OWNERS.team);
}

/** Whom the backend takes the key for: a user or a team, or null. */
export async function authenticate(kind, app, apiKey) {
  return kind === "user" ? await app.getUser({ apiKey }) : await app.getTeam({ apiKey });
}
