import { type Team, useUser } from "@stackframe/react";

import Validity from "./Validity";

type Properties = { teamId: string; apiKeyId: string };

export default function CheckTeamApiKey({ teamId, apiKeyId }: Properties) {
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? <ValidityOfTeams team={team} apiKeyId={apiKeyId} /> : <p>Team not found</p>;
}

function ValidityOfTeams({ team, apiKeyId }: { team: Team; apiKeyId: string }) {
  const apiKeys = team.useApiKeys();

  return <Validity apiKeys={apiKeys} apiKeyId={apiKeyId} />;
}
