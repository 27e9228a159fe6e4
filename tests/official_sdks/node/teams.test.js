// Teams: who is in them, and who may manage their keys.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { KnownErrors } from "@stackframe/stack-shared";

import { backend, CREDENTIALS, person } from "./people.js";

const PERMISSION = "$manage_api_keys";
const NEW_KEY = { description: "For a test", expiresAt: null };

const app = backend();
const manager = await person(CREDENTIALS.manager);
const member = await person(CREDENTIALS.member);

// A team of its own for each test, as a backend sees it, without members.
async function makeTeam() {
  return await app.createTeam({ displayName: `Team ${randomUUID()}` });
}

// The team as somebody sees it who has just become a member.
async function join(team) {
  await team.addUser(member.id);
  return await member.getTeam(team.id);
}

describe("teams", { concurrency: true }, () => {
  test("somebody makes a team and manages its keys", async () => {
    const team = await manager.createTeam({ displayName: "Analysts" });
    assert.equal(team.displayName, "Analysts");
    assert.ok(await manager.hasPermission(team, PERMISSION));
    assert.equal((await manager.getTeam(team.id)).displayName, "Analysts");
    assert.ok((await manager.listTeams()).some(({ id }) => id === team.id));
    const apiKey = await team.createApiKey(NEW_KEY);
    assert.deepEqual(
      (await team.listApiKeys()).map(({ id }) => id),
      [apiKey.id],
    );
    assert.equal((await app.getTeam({ apiKey: apiKey.value })).id, team.id);
  });

  test("whoever makes a team is taken to it", async () => {
    const team = await member.createTeam({ displayName: "Selected" });
    const selected = async () => (await app.getUser(member.id)).selectedTeam;
    assert.equal((await selected()).id, team.id);
    await member.setSelectedTeam(null);
    assert.equal(await selected(), null);
  });

  test("a backend makes a team in the name of somebody, who manages its keys", async () => {
    const team = await app.createTeam({ displayName: "Given", creatorUserId: member.id });
    assert.ok(await member.hasPermission(await member.getTeam(team.id), PERMISSION));
  });

  test("a backend finds all teams, also those without members", async () => {
    const team = await makeTeam();
    assert.equal((await app.getTeam(team.id)).displayName, team.displayName);
    assert.ok((await app.listTeams()).some(({ id }) => id === team.id));
    assert.equal(await app.getTeam(randomUUID()), null);
  });

  test("a backend renames a team", async () => {
    const team = await makeTeam();
    await team.update({ displayName: "Another name" });
    assert.equal((await app.getTeam(team.id)).displayName, "Another name");
  });

  test("a backend adds members and removes them", async () => {
    const team = await makeTeam();
    const theirs = await join(team);
    assert.equal(theirs.displayName, team.displayName);
    assert.deepEqual(
      (await team.listUsers()).map(({ id }) => id),
      [member.id],
    );
    await team.removeUser(member.id);
    assert.equal(await member.getTeam(team.id), null);
    assert.deepEqual(await team.listUsers(), []);
  });

  test("somebody leaves a team", async () => {
    const team = await makeTeam();
    const theirs = await join(team);
    await member.leaveTeam(theirs);
    assert.equal(await member.getTeam(team.id), null);
  });

  test("a member without the permission neither sees nor makes keys", async () => {
    const team = await makeTeam();
    const theirs = await join(team);
    await team.createApiKey(NEW_KEY);
    assert.equal(await member.hasPermission(theirs, PERMISSION), false);
    assert.equal(await member.getPermission(theirs, PERMISSION), null);
    await assert.rejects(theirs.listApiKeys(), KnownErrors.ApiKeyNotFound);
    await assert.rejects(theirs.createApiKey(NEW_KEY), KnownErrors.ApiKeyNotFound);
    assert.equal((await team.listApiKeys()).length, 1);
  });

  test("a member manages keys from the grant of the permission to its end", async () => {
    const team = await makeTeam();
    const theirs = await join(team);
    const asBackendSees = await app.getUser(member.id);

    await asBackendSees.grantPermission(team, PERMISSION);
    assert.ok(await asBackendSees.hasPermission(team, PERMISSION));
    assert.equal((await member.getPermission(theirs, PERMISSION)).id, PERMISSION);
    const { id, value } = await theirs.createApiKey(NEW_KEY);
    const [apiKey] = await theirs.listApiKeys();
    assert.equal(apiKey.id, id);

    await asBackendSees.revokePermission(team, PERMISSION);
    assert.equal(await asBackendSees.hasPermission(team, PERMISSION), false);
    await assert.rejects(theirs.listApiKeys(), KnownErrors.ApiKeyNotFound);
    await assert.rejects(apiKey.revoke(), KnownErrors.ApiKeyNotFound);
    await assert.rejects(apiKey.update({ description: "Mine" }), KnownErrors.ApiKeyNotFound);
    assert.equal((await app.getTeam({ apiKey: value })).id, team.id);
  });

  test("a team's key outlives the membership of whoever made it", async () => {
    const team = await makeTeam();
    const theirs = await join(team);
    await (await app.getUser(member.id)).grantPermission(team, PERMISSION);
    const { value } = await theirs.createApiKey(NEW_KEY);
    await team.removeUser(member.id);
    assert.equal((await app.getTeam({ apiKey: value })).id, team.id);
  });

  test("permissions are listed with what they contain, or without", async () => {
    const team = await makeTeam();
    await join(team);
    const asBackendSees = await app.getUser(member.id);
    const ids = async (options) =>
      (await asBackendSees.listPermissions(team, options)).map(({ id }) => id);
    assert.deepEqual(await ids({ recursive: false }), ["team_member"]);
    assert.ok((await ids({ recursive: true })).includes("$read_members"));
  });
});
