import { useUser } from "@stackframe/react";

import RevokeButton from "./RevokeButton";

export default function RevokeApiKey({ apiKeyId }: { apiKeyId: string }) {
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();

  return <RevokeButton apiKeys={apiKeys} apiKeyId={apiKeyId} />;
}
