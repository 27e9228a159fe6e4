import { fileURLToPath } from "node:url";

export default {
  // npm installs the packages one folder up, for all projects there.
  turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) },
};
