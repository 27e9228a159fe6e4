"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";

import { ApiKeyList } from "@/components/api-key-list";

export default function TeamPage() {
  const { teamId } = useParams();
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);

  return team ? <TeamApiKeys team={team} /> : <p>Team not found</p>;
}

function TeamApiKeys({ team }) {
  const apiKeys = team.useApiKeys();

  return <ApiKeyList apiKeys={apiKeys} />;
}
