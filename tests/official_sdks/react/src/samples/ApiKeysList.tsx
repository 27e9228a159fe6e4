import { useUser } from "@stackframe/react";

import KeyList from "./KeyList";

export default function ApiKeysList() {
  const user = useUser({ or: "redirect" });
  const apiKeys = user.useApiKeys();

  return <KeyList apiKeys={apiKeys} />;
}
