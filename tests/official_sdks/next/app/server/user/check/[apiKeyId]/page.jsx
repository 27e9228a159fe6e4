import { ApiKeyValidity } from "@/components/api-key-validity";
import { findApiKey } from "@/lib/api-keys";
import { stackServerApp } from "@/stack/server";

export default async function CheckApiKeyValidity({ params }) {
  const { apiKeyId } = await params;
  const user = await stackServerApp.getUser({ or: "redirect" });

  return <ApiKeyValidity apiKey={await findApiKey(user.id, apiKeyId)} />;
}
