// Backends and people of the demo, each as an application of the SDK.

import { randomUUID } from "node:crypto";

import { StackClientApp, StackServerApp } from "@stackframe/js";

/** The address and the password of somebody in the demo's team. */
export const CREDENTIALS = {
  manager: { email: process.env.USER1_EMAIL, password: process.env.USER1_PASSWORD },
  member: { email: process.env.USER2_EMAIL, password: process.env.USER2_PASSWORD },
};

/** The ids of those whose keys the demo's manager may manage. */
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
export async function signedIn(credentials) {
  const app = visitor();
  const result = await app.signInWithCredential(credentials);
  if (result.status === "error") throw result.error;
  return app;
}

/** The person who has signed in to an application of their own. */
export async function person(credentials) {
  const app = await signedIn(credentials);
  return await app.getUser({ or: "throw" });
}

/** Passwords that are like no address: the server compares them. */
export const NEW_PASSWORD = "Wintry moss, sunny tulips";
export const NEWER_PASSWORD = "Knotty pines, misty hills";

/** The address and the password of nobody yet. */
export function newCredentials() {
  return { email: `${randomUUID()}@example.com`, password: NEW_PASSWORD };
}

/** Make an account for somebody new, who is signed in then. */
export async function signUp(credentials, app = visitor()) {
  return await app.signUpWithCredential({ ...credentials, noVerificationCallback: true });
}

/** The user or the team whose keys a backend manages. */
export async function ownerOf(kind, app) {
  return kind === "user" ? await app.getUser(OWNERS.user) : await app.getTeam(OWNERS.team);
}

/** Whom the backend takes the key for: a user or a team, or null. */
export async function authenticate(kind, app, apiKey) {
  return kind === "user" ? await app.getUser({ apiKey }) : await app.getTeam({ apiKey });
}
