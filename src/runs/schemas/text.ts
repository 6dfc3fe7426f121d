import "./without-code-generation.ts";
import * as z from "zod";

export const TEXT_SCHEMA = "inferguard-text/v1";

/** What one request said and what came back: kept only with --save-text. */
export const textRowSchema = z.object({
  /** The request's id in requests.jsonl, or the model call's in agent-trace.jsonl. */
  id: z.number().int(),
  prompt: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("text"), text: z.string() }),
    z.object({ kind: z.literal("messages"), messages: z.array(z.record(z.string(), z.unknown())).readonly() }),
  ]),
  /** Reasoning and content, in the order in which they came; of a trace, the tools that were called too. */
  output: z.string(),
});
export type TextRow = z.infer<typeof textRowSchema>;
