import { useUser } from "@stackframe/react";
import { useState } from "react";

const SIXTY_DAYS = 60 * 24 * 60 * 60 * 1000;

export default function CreateTeamApiKey({ teamId }: { teamId: string }) {
  const user = useUser({ or: "redirect" });
  const team = user.useTeam(teamId);
  const [value, setValue] = useState<string>();

  async function create() {
    if (!team) return;
    const apiKey = await team.createApiKey({
      description: "Created by a React sample",
      expiresAt: new Date(Date.now() + SIXTY_DAYS),
    });
    setValue(apiKey.value);
  }

  return (
    <>
      <button onClick={create}>Create team API key</button>
      <output>{value}</output>
    </>
  );
}
