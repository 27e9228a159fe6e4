export function ApiKeyValidity({ apiKey }) {
  if (!apiKey) {
    return <p>API key not found</p>;
  }
  if (apiKey.isValid()) {
    return <p>API key is valid</p>;
  }
  return <p>API key is invalid: {apiKey.whyInvalid()}</p>;
}
