import { revalidatePath } from "next/cache";

import { ApiKeyValidity } from "@/components/api-key-validity";
import { findApiKey, revokeApiKey } from "@/lib/api-keys";
import { stackServerApp } from "@/stack/server";

export default async function RevokeApiKey({ params }) {
  const { apiKeyId } = await params;
  const user = await stackServerApp.getUser({ or: "redirect" });

  const revoke = async () => {
    "use server";
    const user = await stackServerApp.getUser({ or: "throw" });
    await revokeApiKey(user.id, apiKeyId);
    revalidatePath("/server/user/revoke/[apiKeyId]", "page");
  };

  return (
    <form action={revoke}>
      <button>Revoke API key</button>
      <ApiKeyValidity apiKey={await findApiKey(user.id, apiKeyId)} />
    </form>
  );
}
