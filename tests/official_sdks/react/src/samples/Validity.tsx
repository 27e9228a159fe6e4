import type { ApiKeys } from "./types";

type Properties = { apiKeys: ApiKeys; apiKeyId: string };

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
