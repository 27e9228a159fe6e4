import { useUser } from "@stackframe/react";

import Validity from "./Validity";

export default function CheckApiKey({ apiKeyId }: { apiKeyId: string }) {
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();

  return <Validity apiKeys={apiKeys} apiKeyId={apiKeyId} />;
}
