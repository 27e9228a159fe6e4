import { fileURLToPath } from "node:url";

export default {
  // npm installs the packages one folder up, for all projects there.
  turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) },
  // To make the application small takes most of a build's time, and nobody waits for it here.
  experimental: { turbopackMinify: false, turbopackFileSystemCacheForBuild: false },
  compress: false,
};
