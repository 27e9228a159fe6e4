import type { ApiKeys } from "./types";

type Properties = { apiKeys: ApiKeys; apiKeyId: string };

export default function RevokeButton({ apiKeys, apiKeyId }: Properties) {
  const apiKey = apiKeys.find((each) => each.id === apiKeyId);
  if (!apiKey) {
    return <p>API key not found</p>;
  }
  if (apiKey.manuallyRevokedAt) {
    return <p>Revoked</p>;
  }
  return <button onClick={() => apiKey.revoke()}>Revoke API key</button>;
}
