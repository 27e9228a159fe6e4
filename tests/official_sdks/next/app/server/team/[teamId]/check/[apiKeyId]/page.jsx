import { ApiKeyValidity } from "@/components/api-key-validity";
import { findTeamApiKey } from "@/lib/api-keys";

export default async function CheckTeamApiKeyValidity({ params }) {
  const { teamId, apiKeyId } = await params;

  return <ApiKeyValidity apiKey={await findTeamApiKey(teamId, apiKeyId)} />;
}
