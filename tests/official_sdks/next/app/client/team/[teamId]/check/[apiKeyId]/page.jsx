"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";

import { ApiKeyValidity } from "@/components/api-key-validity";

export default function TeamPage() {
  const { teamId, apiKeyId } = useParams();
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? (
    <CheckTeamApiKeyValidity team={team} apiKeyId={apiKeyId} />
  ) : (
    <p>Team not found</p>
  );
}

function CheckTeamApiKeyValidity({ team, apiKeyId }) {
  const apiKeys = team.useApiKeys();

  return <ApiKeyValidity apiKey={apiKeys.find((apiKey) => apiKey.id === apiKeyId)} />;
}
