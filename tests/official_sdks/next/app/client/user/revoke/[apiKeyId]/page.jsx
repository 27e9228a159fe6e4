"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";

import { ApiKeyValidity } from "@/components/api-key-validity";

export default function RevokeApiKey() {
  const { apiKeyId } = useParams();
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();
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
