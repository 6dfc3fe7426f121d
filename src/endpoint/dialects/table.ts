/** Every API that can be loaded, by the name that --api takes. */
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import type { Dialect } from "./dialect.ts";

export const dialects = { chat, completions } satisfies Record<string, Dialect>;
export type Api = keyof typeof dialects;
