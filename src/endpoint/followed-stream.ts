/**
 * Follows the reply to one streaming request: bytes become timed events. Every event of one read has that read's time stamp.
 *
 * It lives as long as the stream, and the garbage collector copies what lives: it is one object, as in net/exchange.ts.
 */
import type { ExchangeObserver, ResponseHead } from "../net/http-client.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { EventReader, EventStreamError } from "./sse.ts";
import type { StreamOutcome } from "./stream-outcome.ts";

export interface StreamObserver {
  onSent?(atMs: number): void;
  onFirstToken?(atMs: number): void;
  /** One event with a token in it. */
  onTokenEvent?(atMs: number): void;
}

const MAX_REFUSAL_BYTES = 4096;
/** Of an answer that is no stream no more is read: it says nothing new, and may have no end. */
const MAX_REFUSED_BODY_BYTES = 1024 * 1024;

export class FollowedStream implements ExchangeObserver {
  readonly outcome: StreamOutcome;
  /** The body of an answer that is no stream, its first MAX_REFUSAL_BYTES. */
  refused: Buffer[] | null = null;
  /** The answer was no stream, and not all of it was read. */
  isCut = false;
  /** Why the stream cannot be read. */
  broken: string | null = null;
  /** [DONE] was read, and when. */
  done = false;
  doneMs = NaN;
  /** The server reported a failure inside the stream. */
  failed = false;
  #events: EventReader | null = null;
  #refusedBytes = 0;
  /** The read that the following events came in. */
  #readMs = NaN;
  #countedBefore: number | null = 0;
  readonly #dialect: Dialect;
  readonly #observer: StreamObserver;

  constructor(dialect: Dialect, outcome: StreamOutcome, observer: StreamObserver) {
    this.#dialect = dialect;
    this.outcome = outcome;
    this.#observer = observer;
  }

  onSent(atMs: number): void {
    this.#observer.onSent?.(atMs);
  }

  onHead(head: ResponseHead): void {
    if (head.status === 200 && isEventStream(head.headers)) this.#events = new EventReader((data) => this.#read(data));
    else this.refused = [];
  }

  onBody(bytes: Uint8Array, from: number, to: number, atMs: number): "enough" | undefined {
    if (this.refused !== null) return this.#keepRefusal(this.refused, bytes, from, to);
    this.#readMs = atMs;
    try {
      this.#events?.feed(bytes, from, to);
      return undefined;
    } catch (error) {
      if (!(error instanceof EventStreamError)) throw error;
      this.broken ??= error.message;
      return "enough";
    }
  }

  #keepRefusal(refused: Buffer[], bytes: Uint8Array, from: number, to: number): "enough" | undefined {
    if (this.#refusedBytes < MAX_REFUSAL_BYTES)
      refused.push(Buffer.from(bytes.subarray(from, Math.min(to, from + MAX_REFUSAL_BYTES - this.#refusedBytes))));
    this.#refusedBytes += to - from;
    this.isCut = this.#refusedBytes > MAX_REFUSED_BODY_BYTES;
    return this.isCut ? "enough" : undefined;
  }

  /** @throws EventStreamError when the data is not an event of this API. */
  #read(data: string): void {
    if (this.done || this.failed) return;
    const { outcome } = this;
    const readMs = this.#readMs;
    if (data === "[DONE]") {
      this.done = true;
      this.doneMs = readMs;
      return;
    }
    const event = decode(this.#dialect, data);
    if (event.failed) {
      this.failed = true;
      return;
    }
    outcome.finishReason ??= event.finishReason;
    if (event.usage !== null) outcome.usage = event.usage;
    const carriesToken = event.content !== "" || event.reasoning !== "" || event.tool;
    const counted = event.usage?.outputTokens ?? null;
    if (carriesToken) {
      // Known only where a cumulative count came with this event and with the one before it.
      const before = this.#countedBefore;
      const tokens = counted !== null && before !== null ? Math.max(0, counted - before) : 0;
      this.#countedBefore = counted;
      this.#addTokenEvent(tokens, readMs);
      if (event.content !== "") outcome.firstContentMs ??= readMs;
      if (event.reasoning !== "") outcome.firstReasoningMs ??= readMs;
      if (event.tool) outcome.firstToolMs ??= readMs;
    }
    if (outcome.text !== null) outcome.text += event.reasoning + event.content;
  }

  #addTokenEvent(tokens: number, readMs: number): void {
    const { outcome } = this;
    if (outcome.firstTokenMs === null) {
      outcome.firstTokenMs = readMs;
      this.#observer.onFirstToken?.(readMs);
    } else if (outcome.lastTokenMs === readMs) outcome.burstEvents++;
    outcome.lastTokenMs = readMs;
    outcome.tokenEvents.add(readMs, tokens);
    this.#observer.onTokenEvent?.(readMs);
  }
}

function isEventStream(headers: ReadonlyMap<string, string>): boolean {
  const encoding = headers.get("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return false;
  return /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");
}

function decode(dialect: Dialect, data: string) {
  try {
    return dialect.decode(JSON.parse(data));
  } catch (error) {
    if (error instanceof SyntaxError) throw new EventStreamError("an event is not JSON");
    if (error instanceof TypeError) throw new EventStreamError(error.message);
    throw error;
  }
}
