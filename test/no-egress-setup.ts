/** Every test of this package runs with no way off this machine, save through the programs that tests start by name. */
import { afterAll, afterEach } from "vitest";
import { installNoEgress } from "../src/testing/no-egress.ts";

installNoEgress({
  afterEach,
  afterAll,
  allowAddons: true,
  // Node as it is: what the tests start is this program, which has its own guard.
  // oxfmt-ignore
  allowPrograms: ["node", "npm", "npx", "sh", "bash", "perl", "script", "python3", "cc", "curl", "git", "grep", "mkfifo", "setpriv", "strace", "bwrap", "unshare", "esbuild"],
});
