import type { ApiKey } from "@stackframe/react";

type Properties = { apiKeys: ApiKey[]; apiKeyId: string };

export default function Validity({ apiKeys, apiKeyId }: Properties) {
  const apiKey = apiKeys.find((each) => each.id === apiKeyId);
  if (!apiKey) {
    return <p>API key not found</p>;
  }
  if (apiKey.isValid()) {
    return <p>API key is valid</p>;
  }
  return <p>API key is invalid: {apiKey.whyInvalid()}</p>;
}
