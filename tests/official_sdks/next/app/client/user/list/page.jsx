"use client";

import { useUser } from "@stackframe/stack";

import { ApiKeyList } from "@/components/api-key-list";

export default function ApiKeys() {
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();

  return <ApiKeyList apiKeys={apiKeys} />;
}
