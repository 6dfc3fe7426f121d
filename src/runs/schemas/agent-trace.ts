import "./without-code-generation.ts";
import * as z from "zod";
import { errorKindSchema, finishReasonSchema } from "./request.ts";

export const AGENT_TRACE_SCHEMA = "agent-trace/v1";

/** The APIs whose requests and replies are understood. Whatever else passes is counted in the summary. */
const tracedApis = ["chat", "completions", "responses", "messages", "embeddings"] as const;

const time = z.number().nullable();
const count = z.number().int().nonnegative();
const tokens = count.nullable();

/**
 * Every node has these. A row is written when its node is over, so rows are in the order of ends, and `id` counts from 0
 * in the order in which nodes became known: when the request was whole, or the reply that asked for the tool. Every `_ms` is milliseconds from the run's start on the monotonic clock.
 */
const node = {
  event: z.literal("node"),
  id: count,
  /** Which conversation: calls that continue one another, branches and retries included. Counts from 0. */
  conversation: count,
  /** The node that this one follows; null at the beginning of a conversation that nothing is known to have caused. */
  parent: count.nullable(),
};

/** One request and its reply. */
const modelCallSchema = z.object({
  ...node,
  kind: z.literal("model_call"),
  /** Model calls before this one on its way from the conversation's beginning. */
  turn: count,
  api: z.enum(tracedApis),
  /** As the request names it; null where it does not look like a model's name. */
  model: z.string().nullable(),
  stream: z.boolean(),
  /** The nodes whose outcome this call is the first to carry: tool calls, the user's input, a system prompt. */
  carries: z.array(count),

  /** The first byte of the agent's request came; its last byte came; its first byte went on to the endpoint. */
  start_ms: z.number(),
  request_end_ms: time,
  sent_ms: time,
  first_byte_ms: time,
  /** As in requests.jsonl; null for a reply that was not streamed. */
  first_token_ms: time,
  first_content_ms: time,
  first_reasoning_ms: time,
  first_tool_ms: time,
  last_token_ms: time,
  /** The last byte of the reply, or the moment of the failure. */
  end_ms: z.number(),
  ttft_ms: time,
  tpot_ms: time,
  /** Null without a TPOT. `inferred`: the tokens of the first event were taken as one. */
  tpot_claim: z.enum(["measured", "inferred"]).nullable(),

  input_tokens: tokens,
  output_tokens: tokens,
  cached_tokens: tokens,
  reasoning_tokens: tokens,
  token_source: z.enum(["server", "none"]),
  events: count,
  tokens_first_event: tokens,
  gap: z.object({ p50: z.number(), p95: z.number(), max: z.number(), count }).nullable(),

  request_bytes: count,
  response_bytes: count,
  messages: count,
  tools_offered: count,
  tool_choice: z.enum(["auto", "none", "required", "named"]).nullable(),
  max_output_tokens: tokens,
  /**
   * The input as pieces (system prompt and tools, then each message): `[id, bytes]`. Ids count from 0 in the order of
   * first use, over the run, and stand for everything up to their piece: two calls share an id where all of their input
   * up to there is alike. Nothing can be worked out of an id.
   */
  input_pieces: z.array(z.tuple([count, count])),
  /** The reply as the next call of the conversation would begin: its id, and its bytes. Null where there is none. */
  output_piece: z.tuple([count, count]).nullable(),

  tool_calls: count,
  finish_reason: finishReasonSchema.nullable(),
  status: z.enum(["ok", "error", "cancelled"]),
  error: z.object({ kind: errorKindSchema, http_status: z.number().int().nullable() }).nullable(),
  /** Why the request or the reply could not be understood, from a closed list; its bytes passed all the same. */
  not_understood: z
    .enum(["request_not_json", "request_too_large", "reply_not_json", "reply_too_large", "encoded"])
    .nullable(),
});

/** A tool that a reply asked for, until the request that carried its result. Its parent is the call that asked. */
const toolCallSchema = z.object({
  ...node,
  kind: z.literal("tool_call"),
  /** Null where it does not look like an identifier. */
  name: z.string().nullable(),
  argument_bytes: count,
  /** The reply that asked for it was whole. */
  start_ms: z.number(),
  /** The request that carried its result began; null when none did. */
  end_ms: time,
  wall_ms: time,
  /** The part of `wall_ms` in which the run had no model call under way: the endpoint waited for the tool. */
  stall_ms: time,
  result_bytes: tokens,
  result_kind: z.enum(["text", "json", "image", "error", "empty", "other"]).nullable(),
});

/** What the user said, new with the call that carries it. */
const userInputSchema = z.object({
  ...node,
  kind: z.literal("user_input"),
  start_ms: z.number(),
  messages: count,
  bytes: count,
});

/** A system prompt or a set of tools that the conversation did not have before. */
const systemSchema = z.object({
  ...node,
  kind: z.literal("system"),
  start_ms: z.number(),
  bytes: count,
  tools: count,
});

/** Two calls continue the same one differently, or what was said before was changed. `of`: the call that was first. */
const branchSchema = z.object({
  ...node,
  kind: z.literal("branch"),
  start_ms: z.number(),
  of: count,
  shared_pieces: count,
});

/** The same input again. `of`: the call before; `after`: how that one ended. */
const retrySchema = z.object({
  ...node,
  kind: z.literal("retry"),
  start_ms: z.number(),
  of: count,
  after: z.enum(["ok", "error", "cancelled"]),
  /** From the end of the call before; negative when it had not ended. */
  delay_ms: z.number(),
});

const nodeSchema = z.discriminatedUnion("kind", [
  modelCallSchema,
  toolCallSchema,
  userInputSchema,
  systemSchema,
  branchSchema,
  retrySchema,
]);

/** The last row of a run that ended in good order. */
const traceSummarySchema = z.object({
  event: z.literal("summary"),
  wall_ms: z.number(),
  /** Some model call was under way; else some tool was; else neither. The three add up to `wall_ms`. */
  model_ms: z.number(),
  tool_ms: z.number(),
  waiting_ms: z.number(),
  conversations: count,
  nodes: z.object({
    model_call: count,
    tool_call: count,
    branch: count,
    retry: count,
    user_input: count,
    system: count,
  }),
  errors: count,
  cancelled: count,
  /** Sums over the calls whose server counted; null where none did. */
  input_tokens: tokens,
  output_tokens: tokens,
  cached_tokens: tokens,
  reasoning_tokens: tokens,
  /** Requests that passed and are no model calls: of model lists, and of anything else. */
  passed: z.object({ models: count, other: count }),
});

export const agentTraceRowSchema = z.discriminatedUnion("event", [nodeSchema, traceSummarySchema]);
export type AgentTraceRow = z.infer<typeof agentTraceRowSchema>;
export type TraceNode = z.infer<typeof nodeSchema>;
export type ModelCall = z.infer<typeof modelCallSchema>;
export type ToolCall = z.infer<typeof toolCallSchema>;
export type TraceSummaryRow = z.infer<typeof traceSummarySchema>;
