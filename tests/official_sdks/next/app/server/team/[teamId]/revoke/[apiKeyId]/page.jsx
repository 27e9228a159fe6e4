import { revalidatePath } from "next/cache";

import { ApiKeyValidity } from "@/components/api-key-validity";
import { findTeamApiKey, revokeTeamApiKey } from "@/lib/api-keys";

export default async function RevokeTeamApiKey({ params }) {
  const { teamId, apiKeyId } = await params;

  const revoke = async () => {
    "use server";
    await revokeTeamApiKey(teamId, apiKeyId);
    revalidatePath("/server/team/[teamId]/revoke/[apiKeyId]", "page");
  };

  return (
    <form action={revoke}>
      <button>Revoke API key</button>
      <ApiKeyValidity apiKey={await findTeamApiKey(teamId, apiKeyId)} />
    </form>
  );
}
