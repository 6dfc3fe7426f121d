/** Sends one wanted request and gives what became of it to the run: a row, its gaps, its text if that is kept. */
import type { PromptContent } from "../endpoint/dialects/dialect.ts";
import type { StreamOutcome } from "../endpoint/stream-outcome.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { ClientWatch } from "./client-watch.ts";
import type { GapRecorder } from "./gap-recorder.ts";
import { rowOf, rowOfNotSent, type Wanted } from "./observation.ts";

/** What the runner needs of the endpoint: one streaming request. */
export type Send = (
  prompt: { content: PromptContent; outputTokens: number | null },
  observer: { onSent(atMs: number): void; onFirstToken(atMs: number): void; onTokenEvent(atMs: number): void },
  signal: AbortSignal,
) => Promise<StreamOutcome>;

/** Where what was measured goes. */
export interface LoadSink {
  request(row: RequestRow): void;
  text?(entry: { id: number; prompt: PromptContent; output: string }): void;
}

export interface Sender {
  /** Resolves when the request has ended, in whatever way, to whether it had a connection to go out on. */
  send(wanted: Wanted, content: PromptContent, signal: AbortSignal): Promise<{ connected: boolean }>;
  notSent(wanted: Wanted): void;
}

export function createSender(deps: {
  send: Send;
  sink: LoadSink;
  gaps: GapRecorder;
  watch: ClientWatch;
  zeroMs: number;
  onToken(atMs: number): void;
  onFirstToken(ttftMs: number): void;
  onEnded(row: RequestRow, outcome: StreamOutcome): void;
}): Sender {
  const { send, sink, gaps, watch, zeroMs } = deps;
  return {
    async send(wanted, content, signal) {
      watch.noteWanted();
      watch.noteStarted();
      let sentMs = NaN;
      const observer = {
        onSent: (atMs: number) => {
          sentMs = atMs;
          watch.noteSent();
        },
        onFirstToken: (atMs: number) => deps.onFirstToken(atMs - sentMs),
        onTokenEvent: deps.onToken,
      };
      const outcome = await send({ content, outputTokens: wanted.outputTokens }, observer, signal);
      watch.noteEnded();
      if (outcome.sentMs !== null) watch.noteLateness(latenessOf(wanted, outcome, outcome.sentMs));
      const row = rowOf(wanted, outcome, zeroMs);
      gaps.add(wanted, outcome);
      sink.request(row);
      if (outcome.text !== null) sink.text?.({ id: wanted.id, prompt: content, output: outcome.text });
      deps.onEnded(row, outcome);
      outcome.tokenEvents.clear();
      return { connected: outcome.sentMs !== null };
    },
    notSent(wanted) {
      watch.noteWanted();
      sink.request(rowOfNotSent(wanted, zeroMs));
    },
  };
}

/** From wanted to sent, without the time in which the connection was being made: that is the server's and the network's. */
function latenessOf(wanted: Wanted, outcome: StreamOutcome, sentMs: number): number {
  const { connectStartMs, connectedMs } = outcome;
  const connectingMs = connectStartMs === null || connectedMs === null ? 0 : connectedMs - connectStartMs;
  return sentMs - wanted.intendedMs - connectingMs;
}
