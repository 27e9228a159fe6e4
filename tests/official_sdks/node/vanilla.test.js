// The samples for JavaScript without a framework, in Node: with the session in memory, because
// there is no cookie. `test_vanilla.py` runs the same samples in a browser, with the cookie.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";

import * as sample from "./samples/vanilla.js";

const DAY = 24 * 60 * 60 * 1000;
const TEAMS = { user: undefined, team: process.env.TEAM_ID };
const LIFETIMES = { user: 90 * DAY, team: 60 * DAY };

test("the sample does nothing for a visitor who is not signed in", async () => {
  await assert.rejects(sample.createMyApiKey(), /User is not signed in/);
});

describe("for somebody who is signed in", { concurrency: true }, () => {
  before(async () => {
    const { USER1_EMAIL: email, USER1_PASSWORD: password } = process.env;
    const result = await sample.stackClientApp.signInWithCredential({ email, password });
    assert.equal(result.status, "ok");
  });

  for (const [kind, teamId] of Object.entries(TEAMS)) {
    test(`the sample creates a ${kind}'s key`, async () => {
      const before = Date.now();
      const apiKey = await sample.createMyApiKey(teamId);
      assert.equal(apiKey.type, kind);
      assert.equal(apiKey[`${kind}Id`], teamId ?? process.env.USER1_ID);
      assert.ok(apiKey.expiresAt >= before + LIFETIMES[kind]);
      assert.ok(apiKey.expiresAt <= Date.now() + LIFETIMES[kind]);
      assert.match(apiKey.value, new RegExp(`^sk_[0-9a-z]{77}${kind}1574ck4u7h[0-9a-f]{8}$`));
    });

    test(`the sample lists a ${kind}'s keys, the newest first`, async () => {
      const older = await sample.createMyApiKey(teamId);
      const newer = await sample.createMyApiKey(teamId);
      const listed = await sample.listMyApiKeys(teamId);
      const both = listed.filter(({ id }) => id === older.id || id === newer.id);
      assert.deepEqual(
        both.map((key) => [key.id, key.value.lastFour]),
        [newer, older].map((key) => [key.id, key.value.slice(-4)]),
      );
    });

    test(`the sample revokes a ${kind}'s key`, async () => {
      const apiKey = await sample.createMyApiKey(teamId);
      await sample.revokeMyApiKey(apiKey.id, teamId);
      const listed = await sample.listMyApiKeys(teamId);
      const revoked = listed.find((key) => key.id === apiKey.id);
      assert.ok(revoked.manuallyRevokedAt >= apiKey.createdAt);
    });

    test(`the sample tells a ${kind}'s valid and revoked keys apart`, async () => {
      const apiKey = await sample.createMyApiKey(teamId);
      const answers = [await sample.checkMyApiKey(apiKey.id, teamId)];
      await sample.revokeMyApiKey(apiKey.id, teamId);
      answers.push(await sample.checkMyApiKey(apiKey.id, teamId));
      assert.deepEqual(answers, [
        { valid: true, reason: null },
        { valid: false, reason: "manually-revoked" },
      ]);
    });
  }

  test("the sample does not find a team that the person is not in", async () => {
    await assert.rejects(sample.createMyApiKey(randomUUID()), /No such team/);
  });
});
