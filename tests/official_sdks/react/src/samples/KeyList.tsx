import type { ApiKeys } from "./types";

export default function KeyList({ apiKeys }: { apiKeys: ApiKeys }) {
  return (
    <ul>
      {apiKeys.map((apiKey) => (
        <li key={apiKey.id}>
          {apiKey.description}, ends in {apiKey.value.lastFour}, created on{" "}
          {apiKey.createdAt.toISOString().slice(0, 10)}
        </li>
      ))}
    </ul>
  );
}
