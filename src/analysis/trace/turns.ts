/** Tokens by turn of a conversation: how its input grows, and how much of it the server had cached. */
import type { ModelCall } from "../../runs/schemas/agent-trace.ts";

/** One turn, or several that stand next to each other, of one conversation. */
export interface TurnTokens {
  conversation: number;
  from: number;
  to: number;
  /** Calls whose server counted. */
  calls: number;
  input_tokens: number;
  output_tokens: number;
  /** Null where the server did not say it for each of them. */
  cached_tokens: number | null;
}

/** @param most of one conversation: more turns than that are put together, as evenly as goes. */
export function turnTokens(calls: readonly ModelCall[], most: number): TurnTokens[] {
  const counted = calls.filter(({ input_tokens }) => input_tokens !== null);
  return [...Map.groupBy(counted, ({ conversation }) => conversation)]
    .sort(([a], [b]) => a - b)
    .flatMap(([conversation, own]) => {
      const turns = own.reduce((last, { turn }) => Math.max(last, turn), 0) + 1;
      const width = Math.ceil(turns / most);
      return [...Map.groupBy(own, ({ turn }) => Math.floor(turn / width))]
        .sort(([a], [b]) => a - b)
        .map(([place, together]): TurnTokens => {
          const sum = (of: (call: ModelCall) => number | null) =>
            together.reduce((total, call) => total + (of(call) ?? 0), 0);
          return {
            conversation,
            from: place * width,
            to: Math.min(turns, (place + 1) * width) - 1,
            calls: together.length,
            input_tokens: sum((call) => call.input_tokens),
            output_tokens: sum((call) => call.output_tokens),
            cached_tokens: together.some((call) => call.cached_tokens === null)
              ? null
              : sum((call) => call.cached_tokens),
          };
        });
    });
}
