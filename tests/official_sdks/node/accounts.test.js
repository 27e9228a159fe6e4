// Accounts: signing up, in and out, and passwords.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KnownErrors } from "@stackframe/stack-shared";

import {
  backend,
  CREDENTIALS,
  newCredentials,
  NEWER_PASSWORD,
  person,
  signedIn,
  signUp,
  visitor,
} from "./people.js";

function assertRefused(result, name, details) {
  assert.equal(result.status, "error");
  assert.ok(result.error instanceof KnownErrors[name], `${result.error}`);
  assert.deepEqual(result.error.details, details);
}

describe("accounts", { concurrency: true }, () => {
  test("somebody signs up, and is signed in then", async () => {
    const app = visitor();
    const credentials = newCredentials();
    assert.equal(await app.getUser(), null);
    assert.equal((await signUp(credentials, app)).status, "ok");
    const user = await app.getUser({ or: "throw" });
    assert.equal(user.primaryEmail, credentials.email);
    assert.ok(user.hasPassword);
    assert.deepEqual(await user.listApiKeys(), []);
    await user.setDisplayName("Somebody new");
    const asBackendSees = await backend().getUser(user.id);
    assert.equal(asBackendSees.primaryEmail, credentials.email);
    assert.equal(asBackendSees.displayName, "Somebody new");
    assert.equal((await person(credentials)).id, user.id);
  });

  test("nobody signs up with an address that is taken", async () => {
    const { email } = CREDENTIALS.manager;
    const result = await signUp({ ...newCredentials(), email });
    assertRefused(result, "UserWithEmailAlreadyExists", {
      email,
      would_work_if_email_was_verified: false,
    });
  });

  test("nobody signs up with a short password", async () => {
    const result = await signUp({ ...newCredentials(), password: "1&aB" });
    assertRefused(result, "PasswordTooShort", { min_length: 8 });
  });

  test("nobody signs up with a password that everybody has", async () => {
    const result = await signUp({ ...newCredentials(), password: "password1" });
    const message = "This password is too common.";
    assertRefused(result, "PasswordRequirementsNotMet", { message });
  });

  test("nobody signs in with a wrong password, or without an account", async () => {
    const app = visitor();
    const { email, password } = CREDENTIALS.manager;
    const wrong = await app.signInWithCredential({ email, password: `${password}!` });
    assertRefused(wrong, "EmailPasswordMismatch", undefined);
    const unknown = await app.signInWithCredential(newCredentials());
    assertRefused(unknown, "EmailPasswordMismatch", undefined);
    assert.equal(await app.getUser(), null);
  });

  test("somebody signs in, then as somebody else, and out", async () => {
    const app = await signedIn(CREDENTIALS.manager);
    const first = await app.getUser({ or: "throw" });
    assert.equal(first.id, process.env.USER1_ID);
    await app.signInWithCredential(CREDENTIALS.member);
    const second = await app.getUser({ or: "throw" });
    assert.equal(second.id, process.env.USER2_ID);
    await second.signOut();
    assert.equal(await app.getUser(), null);
    await assert.rejects(app.getUser({ or: "throw" }), /User is not signed in/);
  });

  test("a new password ends the sessions elsewhere, and this one goes on", async () => {
    const app = visitor();
    const credentials = newCredentials();
    await signUp(credentials, app);
    const elsewhere = await signedIn(credentials);
    const user = await app.getUser({ or: "throw" });
    const newPassword = NEWER_PASSWORD;

    const mistaken = { oldPassword: newPassword, newPassword };
    const error = await user.updatePassword(mistaken);
    assert.ok(error instanceof KnownErrors.PasswordConfirmationMismatch, `${error}`);
    assert.notEqual(await elsewhere.getUser(), null);

    const changed = await user.updatePassword({ oldPassword: credentials.password, newPassword });
    assert.equal(changed, undefined);
    assert.equal(await elsewhere.getUser(), null);
    assert.equal((await app.getUser()).id, user.id);
    assert.equal((await person({ ...credentials, password: newPassword })).id, user.id);
  });
});
