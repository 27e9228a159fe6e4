import { useUser } from "@stackframe/react";
import { useState } from "react";

const NINETY_DAYS = 90 * 24 * 60 * 60 * 1000;

export default function CreateApiKey() {
  const user = useUser({ or: "redirect" });
  const [value, setValue] = useState<string>();

  async function create() {
    const apiKey = await user.createApiKey({
      description: "Created by a React sample",
      expiresAt: new Date(Date.now() + NINETY_DAYS),
    });
    setValue(apiKey.value);
  }

  return (
    <>
      <button onClick={create}>Create API key</button>
      <output>{value}</output>
    </>
  );
}
