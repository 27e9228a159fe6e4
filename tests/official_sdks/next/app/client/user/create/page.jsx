"use client";

import { useUser } from "@stackframe/stack";
import { useState } from "react";

export default function CreateApiKey() {
  const user = useUser({ or: "redirect" });
  const [value, setValue] = useState();

  const create = async () => {
    const apiKey = await user.createApiKey({
      description: "My client application",
      expiresAt: new Date(Date.now() + 90 * 24 * 60 * 60 * 1000), // 90 days
    });
    setValue(apiKey.value);
  };

  return (
    <>
      <button onClick={create}>Create API key</button>
      <output>{value}</output>
    </>
  );
}
