/**
 * One request and its response on one connection, with every moment stamped. It never rejects: whatever happens is in the
 * answer. It never retries.
 */
import { monotonicMs } from "../clock.ts";
import type { Connection, ConnectionHandler } from "./connection.ts";
import type { ExchangeLimits, ExchangeObserver, HttpRequest, NetFailure, ResponseHead } from "./http-client.ts";
import { MessageError } from "./http1-message.ts";
import { type ResponseHandlers, ResponseReader } from "./http1-reader.ts";
import { endSlice } from "./read-queue.ts";

export interface ExchangeOnConnection {
  readonly sentMs: number;
  readonly firstByteMs: number | null;
  readonly endMs: number;
  readonly head: ResponseHead | null;
  readonly failure: NetFailure | null;
  /** The response was whole and the server takes another request on this connection. */
  readonly reusable: boolean;
}

/**
 * @param deadlineMs the moment by which the response must be whole, after `limits.requestTimeoutMs`; null for none
 * @throws TypeError for a header that would break the framing; then nothing was sent
 */
export function exchangeOn(
  connection: Connection,
  request: HttpRequest,
  limits: ExchangeLimits,
  deadlineMs: number | null,
  observer: ExchangeObserver,
  onEnded: (ended: ExchangeOnConnection) => void,
): void {
  new RunningExchange(connection, limits, observer, onEnded).start(request, deadlineMs);
}

/**
 * It lives as long as its stream, so the garbage collector copies all that belongs to it: it is one object, without a
 * function or an options object of its own for anything that can happen to it.
 */
class RunningExchange implements ExchangeOnConnection, ConnectionHandler, ResponseHandlers {
  sentMs = NaN;
  firstByteMs: number | null = null;
  endMs = NaN;
  head: ResponseHead | null = null;
  failure: NetFailure | null = null;
  reusable = false;
  #heardMs = NaN;
  #over = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  readonly #reader: ResponseReader;
  readonly #connection: Connection;
  readonly #limits: ExchangeLimits;
  readonly #observer: ExchangeObserver;
  readonly #onEnded: (ended: ExchangeOnConnection) => void;

  constructor(
    connection: Connection,
    limits: ExchangeLimits,
    observer: ExchangeObserver,
    onEnded: (ended: ExchangeOnConnection) => void,
  ) {
    this.#reader = new ResponseReader(this);
    this.#connection = connection;
    this.#limits = limits;
    this.#observer = observer;
    this.#onEnded = onEnded;
  }

  start(request: HttpRequest, deadlineMs: number | null): void {
    const { idleTimeoutMs, signal } = this.#limits;
    const bytes = encodeRequest(request);
    this.#connection.receive(this);
    this.sentMs = this.#heardMs = monotonicMs();
    this.#connection.write(bytes);
    this.#idleTimer = setTimeout(watchSilence, idleTimeoutMs, this);
    if (deadlineMs !== null) this.#deadlineTimer = setTimeout(endLate, Math.max(0, deadlineMs - this.sentMs), this);
    signal?.addEventListener("abort", this);
    this.#observer.onSent?.(this.sentMs);
  }

  onBytes(bytes: Uint8Array, from: number, to: number, atMs: number): void {
    this.firstByteMs ??= atMs;
    this.#heardMs = atMs;
    try {
      const taken = this.#reader.feed(bytes, from, to);
      if (this.#reader.isDone) this.#finish(atMs, null, this.#reader.keepAlive && taken === to - from);
    } catch (error) {
      this.#finish(atMs, failureOfReading(error), false);
    }
  }

  onEnd(failure: NetFailure | null, atMs: number): void {
    if (failure !== null) return this.#finish(atMs, failure, false);
    try {
      this.#reader.end();
      this.#finish(atMs, null, false);
    } catch (error) {
      // The end of a connection on which nothing was answered is a reset, not half a response.
      const closed: NetFailure = { kind: "reset", message: "the server closed the connection without an answer" };
      this.#finish(atMs, this.firstByteMs === null ? closed : failureOfReading(error), false);
    }
  }

  onHead(head: ResponseHead): void {
    this.head = head;
    this.#observer.onHead?.(head, this.#heardMs);
  }

  onBody(bytes: Uint8Array, from: number, to: number): void {
    // One read can hold many pieces, and the exchange can have been cancelled at the first.
    if (this.#over) return;
    if (this.#observer.onBody?.(bytes, from, to, this.#heardMs) === "enough") this.handleEvent();
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#fail("cancelled", "cancelled");
  }

  /** The timer is armed again only when it fires: one for each read would cost more than the read. */
  watchSilence(): void {
    const { idleTimeoutMs } = this.#limits;
    const leftMs = this.#heardMs + idleTimeoutMs - monotonicMs();
    if (leftMs <= 0) this.#fail("idle_timeout", `the server was silent for ${idleTimeoutMs} ms`);
    else this.#idleTimer = setTimeout(watchSilence, Math.ceil(leftMs), this);
  }

  endLate(): void {
    this.#fail("request_timeout", `not finished within ${this.#limits.requestTimeoutMs} ms`);
  }

  #fail(kind: NetFailure["kind"], message: string): void {
    this.#finish(monotonicMs(), { kind, message }, false);
  }

  #finish(endMs: number, failure: NetFailure | null, reusable: boolean): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#idleTimer);
    this.#limits.signal?.removeEventListener("abort", this);
    this.#connection.receive(null);
    if (!reusable) this.#connection.destroy();
    endSlice();
    this.endMs = endMs;
    this.failure = failure;
    this.reusable = reusable;
    this.#onEnded(this);
  }
}

function watchSilence(exchange: RunningExchange): void {
  exchange.watchSilence();
}

function endLate(exchange: RunningExchange): void {
  exchange.endLate();
}

/**
 * The request's bytes, head and body as one write (RFC 9112 section 3).
 * @throws TypeError for a header that would break the framing; the flag parser has refused those before.
 */
export function encodeRequest(request: HttpRequest): Buffer {
  const { authority, tls, method, path, headers, body } = request;
  const defaultPort = tls === null ? 80 : 443;
  const name = authority.host.includes(":") ? `[${authority.host}]` : authority.host;
  const lines = [`${method} ${path} HTTP/1.1`];
  const given = new Set(headers.map(([header]) => header.toLowerCase()));
  if (!given.has("host")) lines.push(`Host: ${authority.port === defaultPort ? name : `${name}:${authority.port}`}`);
  for (const [header, value] of headers) lines.push(`${header}: ${value}`);
  if (body !== null) lines.push(`Content-Length: ${body.length}`);
  // One byte for each character is written: a larger one would lose its upper half, and could become a line feed.
  for (const line of lines)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(line))
      throw new TypeError("a request line holds a character that HTTP has no place for");
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return body === null ? head : Buffer.concat([head, body]);
}

function failureOfReading(error: unknown): NetFailure {
  if (error instanceof MessageError) return { kind: `${error.kind}_response`, message: error.message };
  throw error;
}
