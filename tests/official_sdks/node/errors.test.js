// What goes wrong with projects and teams arrives as the SDK's own class for it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";

import { KnownErrors } from "@stackframe/stack-shared";

import { backend, CREDENTIALS, person, visitor } from "./people.js";

const app = backend();

async function assertKnown(promise, name, details) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof KnownErrors[name], `${error.stack}`);
    assert.deepEqual(error.details, details);
    return true;
  });
}

describe("projects and their keys", () => {
  const details = { project_id: process.env.STACK_PROJECT_ID };

  test("another project is not found", async () => {
    const projectId = randomUUID();
    const lost = backend({ projectId });
    await assertKnown(lost.listTeams(), "CurrentProjectNotFound", { project_id: projectId });
  });

  test("a wrong secret server key is refused", async () => {
    const stranger = backend({ secretServerKey: "ssk_wrong" });
    await assertKnown(stranger.listTeams(), "InvalidSecretServerKey", details);
  });

  test("a wrong publishable client key is refused", async () => {
    const stranger = visitor({ publishableClientKey: "pck_wrong" });
    const signIn = stranger.signInWithCredential(CREDENTIALS.member);
    await assertKnown(signIn, "InvalidPublishableClientKey", details);
  });
});

describe("users", () => {
  test("a user who never was is nobody", async () => {
    assert.equal(await app.getUser(randomUUID()), null);
    assert.equal(await app.getUser("somebody"), null);
  });
});

describe("teams", () => {
  let team, user, details;

  before(async () => {
    team = await app.createTeam({ displayName: `Team ${randomUUID()}` });
    user = await app.getUser(process.env.USER2_ID);
    details = { team_id: team.id, user_id: user.id };
  });

  test("nobody who never was joins a team", async () => {
    await assertKnown(team.addUser(randomUUID()), "UserNotFound", undefined);
  });

  test("nobody leaves a team before having joined it", async () => {
    await assertKnown(team.removeUser(user.id), "TeamMembershipNotFound", details);
  });

  test("nobody joins a team twice", async () => {
    await team.addUser(user.id);
    await assertKnown(team.addUser(user.id), "TeamMembershipAlreadyExists", undefined);
  });

  test("a permission that never was is not granted", async () => {
    const grant = user.grantPermission(team, "fly");
    await assertKnown(grant, "PermissionNotFound", { permission_id: "fly" });
  });

  test("a permission that was not granted is not taken back", async () => {
    const permission_id = "$manage_api_keys";
    const revocation = user.revokePermission(team, permission_id);
    await assertKnown(revocation, "TeamPermissionNotFound", { ...details, permission_id });
  });

  test("a member without the permission does not rename a team", async () => {
    const member = await person(CREDENTIALS.member);
    const theirs = await member.getTeam(team.id);
    const permission_id = "$update_team";
    const renaming = theirs.update({ displayName: "Mine" });
    await assertKnown(renaming, "TeamPermissionRequired", { ...details, permission_id });
    assert.equal((await app.getTeam(team.id)).displayName, team.displayName);
  });
});
