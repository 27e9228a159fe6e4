// Loaded before anything else: this machine's own servers can be reached, and nothing beyond.
//
// When the SDK finds no server it asks others on the internet what the matter is.

const reach = globalThis.fetch;

globalThis.fetch = async (resource, options) => {
  const { hostname } = new URL(resource.url ?? resource);
  if (hostname !== "127.0.0.1") throw new TypeError(`${hostname} is not this machine`);
  return await reach(resource, options);
};
