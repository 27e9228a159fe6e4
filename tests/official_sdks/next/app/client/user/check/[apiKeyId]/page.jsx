"use client";

import { useUser } from "@stackframe/stack";
import { useParams } from "next/navigation";

import { ApiKeyValidity } from "@/components/api-key-validity";

export default function CheckApiKeyValidity() {
  const { apiKeyId } = useParams();
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();

  return <ApiKeyValidity apiKey={apiKeys.find((apiKey) => apiKey.id === apiKeyId)} />;
}
