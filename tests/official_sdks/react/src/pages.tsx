import { AccountSettings, SignIn, StackHandler, useUser } from "@stackframe/react";
import type { ComponentType } from "react";

import { samples } from "./samples";

function Home() {
  const user = useUser();
  if (!user) {
    return <p>Nobody is signed in</p>;
  }
  return (
    <>
      <p>Signed in as {user.primaryEmail}</p>
      <button onClick={() => user.signOut()}>Sign out</button>
    </>
  );
}

/** What a page asks for that is not about keys: each hook throws if its request fails. */
function Hooks() {
  const user = useUser({ or: "redirect" });
  const permission = user.usePermission("read_reports");
  const permissions = user.usePermissions();
  const accounts = user.useConnectedAccounts();
  const providers = user.useOAuthProviders();
  return (
    <p>
      May read reports: {permission ? "yes" : "no"}; permissions: {permissions.length}; connected
      accounts: {accounts.length}; OAuth providers: {providers.length}
    </p>
  );
}

const pages: Record<string, ComponentType> = {
  "/": Home,
  "/sign-in": SignIn,
  "/hooks": Hooks,
  "/account": () => <AccountSettings fullPage={true} />,
};

/** What the address names: a page, or `/samples/Name` with the sample's properties as a query. */
export function Page() {
  const { pathname, search } = window.location;
  const query = new URLSearchParams(search);
  const Sample = samples[pathname.replace("/samples/", "")];
  if (Sample) {
    return <Sample teamId={query.get("teamId")!} apiKeyId={query.get("apiKeyId")!} />;
  }
  if (pathname.startsWith("/handler/")) {
    return <StackHandler fullPage={true} />;
  }
  const Named = pages[pathname] ?? (() => <p>There is no such page</p>);
  return <Named />;
}
