import { AccountSettings, SignIn, useUser } from "@stackframe/react";
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

const pages: Record<string, ComponentType> = {
  "/": Home,
  "/sign-in": SignIn,
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
  const Named = pages[pathname] ?? (() => <p>There is no such page</p>);
  return <Named />;
}
