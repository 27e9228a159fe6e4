"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";

import { ApiKeyValidity } from "@/components/api-key-validity";

export default function TeamPage() {
  const { teamId, apiKeyId } = useParams();
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? <RevokeTeamApiKey team={team} apiKeyId={apiKeyId} /> : <p>Team not found</p>;
}

function RevokeTeamApiKey({ team, apiKeyId }) {
  const apiKeys = team.useApiKeys();
  const apiKey = apiKeys.find((apiKey) => apiKey.id === apiKeyId);

  const revoke = async () => {
    await apiKey.revoke();
  };

  return (
    <>
      <button onClick={revoke}>Revoke API key</button>
      <ApiKeyValidity apiKey={apiKey} />
    </>
  );
}
