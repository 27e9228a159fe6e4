// What the samples leave out about keys.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KnownError, KnownErrors } from "@stackframe/stack-shared";
import { isApiKey, parseProjectApiKey } from "@stackframe/stack-shared/dist/utils/api-keys";

import { authenticate, backend, CREDENTIALS, OWNERS, ownerOf, person } from "./people.js";

const DAY = 24 * 60 * 60 * 1000;
const OTHER = { user: "team", team: "user" };

const app = backend();
const member = await person(CREDENTIALS.member);

async function create(kind, options) {
  const owner = await ownerOf(kind, app);
  return await owner.createApiKey({ description: "For a test", expiresAt: null, ...options });
}

// The key as anybody finds it in the list, whatever has become of it.
async function listed(kind, id) {
  const owner = await ownerOf(kind, app);
  const apiKeys = await owner.listApiKeys();
  return apiKeys.find((key) => key.id === id);
}

async function check(kind, apiKey) {
  const response = await fetch(`${process.env.STACK_API_URL}/api/v1/${kind}-api-keys/check`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-stack-access-type": "server",
      "x-stack-project-id": process.env.STACK_PROJECT_ID,
      "x-stack-secret-server-key": process.env.STACK_SECRET_SERVER_KEY,
    },
    body: JSON.stringify({ api_key: apiKey }),
  });
  const { code, error: message, details } = await response.json();
  return code && KnownError.fromJson({ code, message, details });
}

function withAnotherLastCharacter(value) {
  return value.slice(0, -1) + (value.endsWith("0") ? "1" : "0");
}

for (const kind of Object.keys(OWNERS)) {
  describe(`keys of a ${kind}`, { concurrency: true }, () => {
    for (const isPublic of [false, true]) {
      const sort = isPublic ? "public" : "secret";

      test(`the SDK's parser understands a ${kind}'s ${sort} key`, async () => {
        const { id, value } = await create(kind, { isPublic });
        assert.ok(isApiKey(value));
        assert.deepEqual(parseProjectApiKey(value), {
          id,
          prefix: isPublic ? "pk" : "sk",
          isPublic,
          isCloudVersion: false,
          secret: value,
          checksum: value.slice(-8),
          type: kind,
        });
      });
    }

    test(`the SDK's parser and the server refuse a ${kind}'s broken key alike`, async () => {
      const { value } = await create(kind);
      const broken = [
        withAnotherLastCharacter(value),
        value.slice(0, -1),
        value.replace("574ck4u7h", "574ck4u7i"),
        value.replace(/^sk_./, (start) => (start === "sk_0" ? "sk_1" : "sk_0")),
      ];
      for (const apiKey of broken) {
        assert.throws(() => parseProjectApiKey(apiKey));
        assert.equal(await authenticate(kind, app, apiKey), null);
      }
    });

    test(`a ${kind}'s key without an end has none`, async () => {
      const apiKey = await create(kind, { expiresAt: null });
      assert.ok(!apiKey.expiresAt);
      assert.ok(apiKey.isValid());
    });

    test(`a ${kind}'s key whose time is over authenticates nobody`, async () => {
      const expiresAt = new Date(Date.now() - DAY);
      const { id, value } = await create(kind, { expiresAt });
      const apiKey = await listed(kind, id);
      assert.deepEqual(apiKey.expiresAt, expiresAt);
      assert.equal(apiKey.isValid(), false);
      assert.equal(apiKey.whyInvalid(), "expired");
      assert.equal(await authenticate(kind, app, value), null);
    });

    test(`a ${kind}'s key is none for a ${OTHER[kind]}`, async () => {
      const { value } = await create(kind);
      assert.equal(await authenticate(OTHER[kind], app, value), null);
      assert.equal((await authenticate(kind, app, value)).id, OWNERS[kind]);
    });

    test(`another backend sees at once that a ${kind}'s key is revoked`, async () => {
      const elsewhere = backend();
      const apiKey = await create(kind);
      assert.equal((await authenticate(kind, elsewhere, apiKey.value)).id, OWNERS[kind]);
      await apiKey.revoke();
      assert.equal(await authenticate(kind, elsewhere, apiKey.value), null);
    });

    test(`a ${kind}'s key that was revoked twice was revoked the first time`, async () => {
      const { id } = await create(kind);
      await (await listed(kind, id)).revoke();
      const first = await listed(kind, id);
      await first.revoke();
      const second = await listed(kind, id);
      assert.deepEqual(second.manuallyRevokedAt, first.manuallyRevokedAt);
      assert.equal(second.whyInvalid(), "manually-revoked");
    });

    test(`a backend renames a ${kind}'s key, and nothing else about it changes`, async () => {
      const { id, value } = await create(kind, { description: "Before" });
      const { createdAt } = await listed(kind, id);
      await (await listed(kind, id)).update({ description: "After" });
      const apiKey = await listed(kind, id);
      assert.equal(apiKey.description, "After");
      assert.deepEqual(apiKey.createdAt, createdAt);
      assert.ok(apiKey.isValid());
      assert.equal((await authenticate(kind, app, value)).id, OWNERS[kind]);
    });

    test(`a ${kind}'s key keeps the end that it was made with`, async () => {
      const { id } = await create(kind, { expiresAt: new Date(Date.now() + DAY) });
      const before = await listed(kind, id);
      const later = new Date(Date.now() + 2 * DAY);
      await assert.rejects(before.update({ expiresAt: later }), KnownErrors.SchemaError);
      assert.deepEqual((await listed(kind, id)).expiresAt, before.expiresAt);
    });

    test(`the SDK has a class for each reason to refuse a ${kind}'s key`, async () => {
      const { id, value } = await create(kind);
      assert.equal(await check(kind, value), undefined);
      assert.ok((await check(OTHER[kind], value)) instanceof KnownErrors.WrongApiKeyType);
      assert.ok((await check(kind, "garbage")) instanceof KnownErrors.ApiKeyNotFound);
      await (await listed(kind, id)).revoke();
      assert.ok((await check(kind, value)) instanceof KnownErrors.ApiKeyRevoked);
      const expired = await create(kind, { expiresAt: new Date(Date.now() - DAY) });
      assert.ok((await check(kind, expired.value)) instanceof KnownErrors.ApiKeyExpired);
    });
  });
}

describe("keys of one's own", { concurrency: true }, () => {
  test("somebody makes, renames and revokes a key that a backend believes", async () => {
    const { id, value } = await member.createApiKey({ description: "Before", expiresAt: null });
    assert.equal((await app.getUser({ apiKey: value })).id, member.id);
    const find = async () => (await member.listApiKeys()).find((key) => key.id === id);
    await (await find()).update({ description: "After" });
    assert.equal((await find()).description, "After");
    await (await find()).revoke();
    assert.equal((await find()).isValid(), false);
    assert.equal(await app.getUser({ apiKey: value }), null);
  });

  test("somebody's list has no keys of others", async () => {
    const { id } = await create("user");
    const apiKeys = await member.listApiKeys();
    assert.ok(!apiKeys.some((key) => key.id === id || key.userId !== member.id));
  });

  test("nobody moves the end of a key of their own", async () => {
    const { id } = await member.createApiKey({ description: "For a test", expiresAt: null });
    const find = async () => (await member.listApiKeys()).find((key) => key.id === id);
    const postponed = (await find()).update({ expiresAt: new Date(Date.now() + DAY) });
    await assert.rejects(postponed, KnownErrors.SchemaError);
    assert.ok(!(await find()).expiresAt);
  });

  test("a key that is created without an expiry date never expires", async () => {
    const { id } = await member.createApiKey({ description: "For a test" });
    const apiKey = (await member.listApiKeys()).find((key) => key.id === id);
    assert.ok(apiKey.isValid());
    assert.ok(!apiKey.expiresAt);
  });
});
