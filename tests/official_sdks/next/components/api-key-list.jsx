export function ApiKeyList({ apiKeys }) {
  return (
    <ul>
      {apiKeys.map((apiKey) => (
        <li key={apiKey.id}>
          {apiKey.description}, ends in {apiKey.value.lastFour}, created{" "}
          {apiKey.createdAt.toISOString()}
        </li>
      ))}
    </ul>
  );
}
