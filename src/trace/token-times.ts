/** When the tokens of a streamed reply came, as docs/metrics.md defines it, in memory that does not grow with the reply. */
import type { DecodedEvent } from "../endpoint/dialects/dialect.ts";
import { Histogram } from "../histogram.ts";

export interface TokenTimes {
  firstTokenMs: number | null;
  firstContentMs: number | null;
  firstReasoningMs: number | null;
  firstToolMs: number | null;
  lastTokenMs: number | null;
  /** Events that carried a token, and those of them that shared the read of the one before. */
  events: number;
  burstEvents: number;
  /** Null where the server did not say. */
  tokensFirstEvent: number | null;
  gapsMs: Histogram;
  add(event: DecodedEvent, readMs: number): void;
}

export function createTokenTimes(): TokenTimes {
  const times: TokenTimes = {
    firstTokenMs: null,
    firstContentMs: null,
    firstReasoningMs: null,
    firstToolMs: null,
    lastTokenMs: null,
    events: 0,
    burstEvents: 0,
    tokensFirstEvent: null,
    gapsMs: new Histogram(),
    add(event, readMs) {
      if (event.content === "" && event.reasoning === "" && !event.tool) return;
      const counted = event.usage?.outputTokens ?? null;
      if (times.events === 0) {
        times.firstTokenMs = readMs;
        // A count so far that comes with the first event is of that event alone.
        if (counted !== null && counted > 0) times.tokensFirstEvent = counted;
      } else {
        const gapMs = Math.max(0, readMs - (times.lastTokenMs ?? readMs));
        times.gapsMs.record(gapMs);
        if (gapMs === 0) times.burstEvents++;
      }
      times.lastTokenMs = readMs;
      times.events++;
      if (event.content !== "") times.firstContentMs ??= readMs;
      if (event.reasoning !== "") times.firstReasoningMs ??= readMs;
      if (event.tool) times.firstToolMs ??= readMs;
    },
  };
  return times;
}
