import type { CurrentUser, Team } from "@stackframe/react";

/** What the hooks give; the package does not export the type of a key itself. */
export type ApiKeys = ReturnType<CurrentUser["useApiKeys"]> | ReturnType<Team["useApiKeys"]>;
