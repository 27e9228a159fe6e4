import { ApiKeyList } from "@/components/api-key-list";
import { stackServerApp } from "@/stack/server";

export default async function ApiKeys() {
  const user = await stackServerApp.getUser({ or: "redirect" });
  const apiKeys = await user.listApiKeys();

  return <ApiKeyList apiKeys={apiKeys} />;
}
