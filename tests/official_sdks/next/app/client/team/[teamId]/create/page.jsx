"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";
import { useState } from "react";

export default function CreateTeamApiKey() {
  const { teamId } = useParams();
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);
  const [value, setValue] = useState();

  if (!team) {
    return <p>Team not found</p>;
  }

  const create = async () => {
    const teamApiKey = await team.createApiKey({
      description: "Team integration service",
      expiresAt: new Date(Date.now() + 60 * 24 * 60 * 60 * 1000), // 60 days
    });
    setValue(teamApiKey.value);
  };

  return (
    <>
      <button onClick={create}>Create API key</button>
      <output>{value}</output>
    </>
  );
}
