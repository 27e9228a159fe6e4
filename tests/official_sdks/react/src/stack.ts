import { StackClientApp } from "@stackframe/react";

export const stackApp = new StackClientApp({
  baseUrl: import.meta.env.VITE_STACK_BASE_URL,
  projectId: import.meta.env.VITE_STACK_PROJECT_ID,
  publishableClientKey: import.meta.env.VITE_STACK_PUBLISHABLE_CLIENT_KEY,
  tokenStore: "cookie",
  analytics: { enabled: false }, // the server does not collect what visitors do
  devTool: false, // it covers pages of one's own machine, and no others
  urls: { home: "/", signIn: "/sign-in", afterSignIn: "/", afterSignOut: "/" },
});
