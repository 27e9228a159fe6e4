import { StackProvider, StackTheme } from "@stackframe/stack";

import { stackServerApp } from "@/stack/server";

// Nothing is rendered when the application is built, for there is no API then.
export const dynamic = "force-dynamic";

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <StackProvider app={stackServerApp}>
          <StackTheme>{children}</StackTheme>
        </StackProvider>
      </body>
    </html>
  );
}
