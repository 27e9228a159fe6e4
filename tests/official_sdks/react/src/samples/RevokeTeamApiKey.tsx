import { type Team, useUser } from "@stackframe/react";

import RevokeButton from "./RevokeButton";

type Properties = { teamId: string; apiKeyId: string };

export default function RevokeTeamApiKey({ teamId, apiKeyId }: Properties) {
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? <RevokeKeyOfTeam team={team} apiKeyId={apiKeyId} /> : <p>Team not found</p>;
}

function RevokeKeyOfTeam({ team, apiKeyId }: { team: Team; apiKeyId: string }) {
  const apiKeys = team.useApiKeys();

  return <RevokeButton apiKeys={apiKeys} apiKeyId={apiKeyId} />;
}
