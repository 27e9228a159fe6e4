// The samples for Express: the application listens at a port, and is asked over HTTP.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { OWNERS } from "./people.js";
import { app } from "./samples/express.js";

const MONTH = 30 * 24 * 60 * 60 * 1000;
let server;

before(() => new Promise((listening) => (server = app.listen(0, "127.0.0.1", listening))));
after(() => server.close());

async function ask(method, path, { body, headers } = {}) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

async function create(path, description) {
  const { status, json } = await ask("POST", path, { body: { description } });
  assert.equal(status, 200);
  return json;
}

const PROTECTED = {
  user: ["GET", "/api/protected"],
  team: ["POST", "/api/team-protected"],
};
const ANSWERS = {
  user: { userId: process.env.USER1_ID, email: process.env.USER1_EMAIL },
  team: { teamId: process.env.TEAM_ID, teamName: "Demo team" },
};

for (const [kind, ownerId] of Object.entries(OWNERS)) {
  describe(`for a ${kind}`, { concurrency: true }, () => {
    const apiKeys = `/admin/${kind}s/${ownerId}/api-keys`;

    test(`the sample creates a ${kind}'s key`, async () => {
      const apiKey = await create(apiKeys, "Nightly build");
      assert.deepEqual(Object.keys(apiKey), ["id", "value"]);
      assert.match(apiKey.value, new RegExp(`^sk_[0-9a-z]{77}${kind}1574ck4u7h[0-9a-f]{8}$`));
    });

    test(`the sample lists a ${kind}'s keys, the newest first`, async () => {
      const start = Date.now();
      const older = await create(apiKeys, "Older");
      const newer = await create(apiKeys, "Newer");
      const { status, json } = await ask("GET", apiKeys);
      assert.equal(status, 200);
      const both = json.filter(({ id }) => id === older.id || id === newer.id);
      assert.deepEqual(
        both.map((key) => [key.id, key.description, key.lastFour]),
        [
          [newer.id, "Newer", newer.value.slice(-4)],
          [older.id, "Older", older.value.slice(-4)],
        ],
      );
      assert.ok(Date.parse(both[1].createdAt) >= start);
      assert.ok(Date.parse(both[1].expiresAt) >= start + MONTH);
      assert.ok(!both[1].revokedAt);
      assert.ok(!JSON.stringify(json).includes(newer.value));
    });

    test(`the sample revokes a ${kind}'s key`, async () => {
      const { id } = await create(apiKeys);
      const revoked = await ask("DELETE", `${apiKeys}/${id}`);
      assert.deepEqual(revoked, { status: 200, json: { message: "API key revoked successfully" } });
      const { json } = await ask("GET", apiKeys);
      const apiKey = json.find((key) => key.id === id);
      assert.ok(apiKey.revokedAt >= apiKey.createdAt);
    });

    test(`the sample tells a ${kind}'s valid and revoked keys apart`, async () => {
      const { id } = await create(apiKeys);
      const answers = [await ask("GET", `${apiKeys}/${id}/validity`)];
      await ask("DELETE", `${apiKeys}/${id}`);
      answers.push(await ask("GET", `${apiKeys}/${id}/validity`));
      assert.deepEqual(answers, [
        { status: 200, json: { valid: true, reason: null } },
        { status: 200, json: { valid: false, reason: "manually-revoked" } },
      ]);
    });

    test(`the sample authenticates a ${kind} by a key`, async () => {
      const { value } = await create(apiKeys);
      const answer = await ask(...PROTECTED[kind], { headers: { "X-Stack-Api-Key": value } });
      assert.deepEqual(answer, { status: 200, json: ANSWERS[kind] });
    });

    test(`the sample refuses a ${kind}'s key that was revoked`, async () => {
      const { id, value } = await create(apiKeys);
      await ask("DELETE", `${apiKeys}/${id}`);
      const answer = await ask(...PROTECTED[kind], { headers: { "X-Stack-Api-Key": value } });
      assert.equal(answer.status, 401);
      assert.match(answer.json.error, /^Invalid/);
    });

    test(`the sample asks for a missing key of a ${kind}`, async () => {
      const answer = await ask(...PROTECTED[kind]);
      assert.deepEqual(answer, { status: 401, json: { error: "API key required" } });
    });

    test(`the sample finds neither a ${kind} nor a key that never was`, async () => {
      const elsewhere = await ask("GET", `/admin/${kind}s/${randomUUID()}/api-keys`);
      const unknown = await ask("DELETE", `${apiKeys}/${randomUUID()}`);
      assert.equal(elsewhere.status, 404);
      assert.deepEqual(unknown, { status: 404, json: { error: "API key not found" } });
    });
  });
}
