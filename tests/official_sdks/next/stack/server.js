import { StackServerApp } from "@stackframe/stack";

// The project and its keys come from the environment by the names that the package knows.
export const stackServerApp = new StackServerApp({
  baseUrl: process.env.STACK_BASE_URL,
  tokenStore: "nextjs-cookie",
  analytics: { enabled: false },
});
