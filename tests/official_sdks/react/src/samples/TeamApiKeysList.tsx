import { type Team, useUser } from "@stackframe/react";

import KeyList from "./KeyList";

export default function TeamApiKeysList({ teamId }: { teamId: string }) {
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? <KeysOfTeam team={team} /> : <p>Team not found</p>;
}

function KeysOfTeam({ team }: { team: Team }) {
  const apiKeys = team.useApiKeys();

  return <KeyList apiKeys={apiKeys} />;
}
