import { StackProvider, StackTheme } from "@stackframe/react";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";

import { Page } from "./pages";
import { stackApp } from "./stack";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <StackProvider app={stackApp}>
      <StackTheme>
        <Suspense fallback={<p>Loading</p>}>
          <Page />
        </Suspense>
      </StackTheme>
    </StackProvider>
  </StrictMode>,
);
