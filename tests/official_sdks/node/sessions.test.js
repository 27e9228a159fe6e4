// Sessions: access tokens that run out, and sessions that end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KnownErrors } from "@stackframe/stack-shared";

import { backend, CREDENTIALS, signedIn, visitor } from "./people.js";

const MINUTE = 60 * 1000;

const manager = await signedIn(CREDENTIALS.manager);
const member = await signedIn(CREDENTIALS.member);

async function tokensOf(app) {
  return await (await app.getUser({ or: "throw" })).currentSession.getTokens();
}

// An application that found these tokens somewhere.
function holding(tokens) {
  return visitor({ tokenStore: tokens });
}

function claims(accessToken) {
  return JSON.parse(Buffer.from(accessToken.split(".")[1], "base64url"));
}

// The token with other claims, and the signature that it had.
function forged(accessToken, changes) {
  const [header, , signature] = accessToken.split(".");
  const payload = JSON.stringify({ ...claims(accessToken), ...changes });
  return [header, Buffer.from(payload).toString("base64url"), signature].join(".");
}

function assertAlive({ accessToken }) {
  assert.ok(claims(accessToken).exp * 1000 > Date.now() + MINUTE);
}

const EXPIRED = {
  accessToken: process.env.EXPIRED_ACCESS_TOKEN,
  refreshToken: process.env.EXPIRED_REFRESH_TOKEN,
};

test("an access token that has run out is refreshed before it is sent", async () => {
  const app = holding(EXPIRED);
  const user = await app.getUser({ or: "throw" });
  assert.equal(user.id, process.env.USER1_ID);
  assertAlive(await tokensOf(app));
});

test("with a slow clock it is sent, and refreshed when the server refuses it", async (t) => {
  const now = Date.now;
  t.mock.method(Date, "now", () => now() - 24 * 60 * MINUTE);
  const app = holding(EXPIRED);
  const user = await app.getUser({ or: "throw" });
  assert.equal(user.id, process.env.USER1_ID);
  t.mock.restoreAll();
  assertAlive(await tokensOf(app));
});

describe("sessions", { concurrency: true }, () => {
  test("an access token that the server did not sign is refreshed", async () => {
    const tokens = await tokensOf(manager);
    const accessToken = forged(tokens.accessToken, { sub: process.env.USER2_ID });
    const app = holding({ ...tokens, accessToken });
    const user = await app.getUser({ or: "throw" });
    assert.equal(user.id, process.env.USER1_ID);
    assert.notEqual((await tokensOf(app)).accessToken, accessToken);
  });

  test("a refresh token alone is enough", async () => {
    const { refreshToken } = await tokensOf(manager);
    const app = holding({ refreshToken });
    const user = await app.getUser({ or: "throw" });
    const { id, value } = await user.createApiKey({ description: "Refreshed", expiresAt: null });
    assert.ok((await user.listApiKeys()).some((key) => key.id === id));
    assert.equal((await backend().getUser({ apiKey: value })).id, user.id);
  });

  test("a refresh token that is none of ours is nobody's", async () => {
    assert.equal(await holding({ refreshToken: "wrong" }).getUser(), null);
  });

  test("a session that is ended in one place has ended in all, at once", async () => {
    const here = await signedIn(CREDENTIALS.manager);
    const there = holding(await tokensOf(here));
    const user = await there.getUser({ or: "throw" });
    await (await here.getUser()).signOut();
    const creation = user.createApiKey({ description: "Too late", expiresAt: null });
    await assert.rejects(creation, KnownErrors.CannotGetOwnUserWithoutUser);
    assert.equal(await there.getUser(), null);
  });

  test("somebody sees where they are signed in, and ends it there", async () => {
    const here = await member.getUser({ or: "throw" });
    const there = await signedIn(CREDENTIALS.member);
    const { accessToken } = await tokensOf(there);
    const sessionId = claims(accessToken).refresh_token_id;
    const sessions = await here.getActiveSessions();
    assert.equal(sessions.find(({ id }) => id === sessionId).isCurrentSession, false);
    const current = sessions.find(({ isCurrentSession }) => isCurrentSession);
    await assert.rejects(here.revokeSession(current.id), KnownErrors.CannotDeleteCurrentSession);
    await here.revokeSession(sessionId);
    assert.equal(await there.getUser(), null);
    assert.ok(!(await here.getActiveSessions()).some(({ id }) => id === sessionId));
  });

  test("a backend knows a visitor by what their application sends along", async () => {
    const app = backend();
    const authorization = await member.getAuthorizationHeader();
    const both = [{ authorization }, await member.getAuthHeaders()];
    for (const headers of both) {
      const request = new Request("http://127.0.0.1/", { headers });
      const user = await app.getUser({ tokenStore: request });
      assert.equal(user.id, process.env.USER2_ID);
    }
    assert.equal(await app.getUser({ tokenStore: new Request("http://127.0.0.1/") }), null);
  });
});
