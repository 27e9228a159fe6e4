// The samples for Node.js, on the demo's user and team.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { OWNERS } from "./people.js";
import * as sample from "./samples/node.js";

const MONTH = 30 * 24 * 60 * 60 * 1000;
const authenticate = { user: sample.authenticateUser, team: sample.authenticateTeam };

for (const [kind, ownerId] of Object.entries(OWNERS)) {
  describe(`for a ${kind}`, { concurrency: true }, () => {
    test(`the sample creates a ${kind}'s key`, async () => {
      const before = Date.now();
      const apiKey = await sample.createApiKey(kind, ownerId, "Nightly build");
      assert.equal(apiKey.type, kind);
      assert.equal(apiKey[`${kind}Id`], ownerId);
      assert.equal(apiKey.description, "Nightly build");
      assert.ok(apiKey.createdAt >= before && apiKey.createdAt <= Date.now());
      assert.ok(apiKey.expiresAt >= before + MONTH && apiKey.expiresAt <= Date.now() + MONTH);
      assert.match(apiKey.value, new RegExp(`^sk_[0-9a-z]{77}${kind}1574ck4u7h[0-9a-f]{8}$`));
    });

    test(`the sample lists a ${kind}'s keys, the newest first`, async () => {
      const older = await sample.createApiKey(kind, ownerId, "Older");
      const newer = await sample.createApiKey(kind, ownerId, "Newer");
      const listed = await sample.listApiKeys(kind, ownerId);
      const both = listed.filter(({ id }) => id === older.id || id === newer.id);
      assert.deepEqual(
        both.map((key) => [key.id, key.description, key.value]),
        [newer, older].map((key) => [key.id, key.description, { lastFour: key.value.slice(-4) }]),
      );
      assert.deepEqual(both[0].createdAt, newer.createdAt);
      assert.deepEqual(both[0].expiresAt, newer.expiresAt);
    });

    test(`the sample revokes a ${kind}'s key`, async () => {
      const apiKey = await sample.createApiKey(kind, ownerId);
      await sample.revokeApiKey(kind, ownerId, apiKey.id);
      const listed = await sample.listApiKeys(kind, ownerId);
      const revoked = listed.find((key) => key.id === apiKey.id);
      assert.ok(revoked.manuallyRevokedAt >= apiKey.createdAt);
    });

    test(`the sample tells a ${kind}'s valid and revoked keys apart`, async () => {
      const apiKey = await sample.createApiKey(kind, ownerId);
      const answers = [await sample.checkApiKey(kind, ownerId, apiKey.id)];
      await sample.revokeApiKey(kind, ownerId, apiKey.id);
      answers.push(await sample.checkApiKey(kind, ownerId, apiKey.id));
      assert.deepEqual(answers, [
        { valid: true, reason: null },
        { valid: false, reason: "manually-revoked" },
      ]);
    });

    test(`the sample authenticates a ${kind} by a key`, async () => {
      const apiKey = await sample.createApiKey(kind, ownerId);
      const owner = await authenticate[kind](apiKey.value);
      assert.equal(owner.id, ownerId);
    });

    test(`the sample refuses a ${kind}'s key that was revoked`, async () => {
      const apiKey = await sample.createApiKey(kind, ownerId);
      await sample.revokeApiKey(kind, ownerId, apiKey.id);
      await assert.rejects(authenticate[kind](apiKey.value), /^Error: Invalid/);
    });

    test(`the sample finds no keys of a ${kind} that never was`, async () => {
      await assert.rejects(sample.listApiKeys(kind, randomUUID()), { message: `No such ${kind}` });
    });
  });
}
