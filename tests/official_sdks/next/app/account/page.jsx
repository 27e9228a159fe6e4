import { AccountSettings } from "@stackframe/stack";

export default function Account() {
  return <AccountSettings fullPage={true} />;
}
