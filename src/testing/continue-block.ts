/** What another process or thread loads before its own code. */
export { continueBlock } from "../net/no-egress/block.ts";
