/**
 * One streaming request: bytes become timed events. Every event of one read has that read's time stamp. It knows an API
 * and its failures; it does not know why the request is sent.
 */
import type { ErrorKind, FinishReason } from "../runs/schemas/request.ts";
import type { ExchangeLimits, HttpClient, HttpRequest, NetFailureKind } from "../net/http-client.ts";
import type { Dialect, Usage } from "./dialects/dialect.ts";
import { createEventReader, type EventReader, EventStreamError } from "./sse.ts";

/** Moments are monotonic milliseconds; null when they did not happen. */
export interface StreamOutcome {
  connectStartMs: number | null;
  connectedMs: number | null;
  sentMs: number | null;
  firstByteMs: number | null;
  firstTokenMs: number | null;
  firstContentMs: number | null;
  firstReasoningMs: number | null;
  firstToolMs: number | null;
  lastTokenMs: number | null;
  endMs: number;
  /** When each event that carried a token was read. */
  tokenEventMs: number[];
  /** How many tokens each of them carried; 0 where the server did not say. */
  tokensOfEvent: number[];
  /** Token events that shared the read of the one before them. */
  burstEvents: number;
  usage: Usage | null;
  finishReason: FinishReason | null;
  status: "ok" | "error" | "cancelled" | "not_sent";
  error: { kind: ErrorKind; httpStatus: number | null } | null;
  /** What happened, for the person at the terminal. It can hold the server's words: never for a file. */
  message: string | null;
  /** The body of an answer that was no stream, cut at 4 KiB. Never for a file. */
  refusal: string | null;
  /** Only when `keepText` asked for it. */
  text: string | null;
}

export interface StreamObserver {
  onSent?(atMs: number): void;
  onFirstToken?(atMs: number): void;
  /** One event with a token in it. */
  onTokenEvent?(atMs: number): void;
}

const MAX_REFUSAL_BYTES = 4096;
/** Of an answer that is no stream no more is read: it says nothing new, and may have no end. */
const MAX_REFUSED_BODY_BYTES = 1024 * 1024;

/** Posts and reads to the end. It never rejects. */
export async function streamRequest(
  client: HttpClient,
  request: HttpRequest,
  dialect: Dialect,
  limits: ExchangeLimits,
  options: { keepText?: boolean; observer?: StreamObserver } = {},
): Promise<StreamOutcome> {
  const { observer = {}, keepText = false } = options;
  const outcome = emptyOutcome(keepText);
  const stream = createTokenStream(dialect, outcome, observer);
  const abort = new AbortController();
  const forward = () => abort.abort();
  limits.signal?.addEventListener("abort", forward);
  if (limits.signal?.aborted) forward();

  let events: EventReader | null = null;
  let refused: Buffer[] | null = null;
  let refusedBytes = 0;
  let broken: string | null = null;
  const exchange = await client.exchange(
    request,
    { ...limits, signal: abort.signal },
    {
      onSent: (atMs) => observer.onSent?.(atMs),
      onHead(head) {
        if (head.status === 200 && isEventStream(head.headers)) events = createEventReader((data) => stream.read(data));
        else refused = [];
      },
      onBody(bytes, atMs) {
        if (refused !== null) {
          if (refusedBytes < MAX_REFUSAL_BYTES)
            refused.push(Buffer.from(bytes.subarray(0, MAX_REFUSAL_BYTES - refusedBytes)));
          refusedBytes += bytes.length;
          if (refusedBytes > MAX_REFUSED_BODY_BYTES) abort.abort();
          return;
        }
        try {
          stream.at(atMs);
          events?.feed(bytes);
        } catch (error) {
          if (!(error instanceof EventStreamError)) throw error;
          broken ??= error.message;
          abort.abort();
        }
      },
    },
  );
  limits.signal?.removeEventListener("abort", forward);

  const { connectStartMs, connectedMs, sentMs, firstByteMs, endMs, head, failure } = exchange;
  Object.assign(outcome, { connectStartMs, connectedMs, sentMs, firstByteMs, endMs });
  const httpStatus = head?.status ?? null;
  const refusedAtLength = refusedBytes > MAX_REFUSED_BODY_BYTES;
  const fail = (kind: ErrorKind, message: string) => {
    outcome.status = kind === "cancelled" ? "cancelled" : "error";
    outcome.error = { kind, httpStatus };
    outcome.message = message;
  };

  if (refused !== null) outcome.refusal = Buffer.concat(refused).toString("utf8");
  if (broken !== null) fail("malformed_stream", broken);
  else if (stream.failed) fail("server_error_in_stream", "the server reported an error inside its stream");
  else if (failure?.kind === "client_limit") {
    outcome.status = "not_sent";
    outcome.message = failure.message;
  } else if (failure !== null && !stream.done && !refusedAtLength) fail(errorKindOf[failure.kind], failure.message);
  else if (head !== null && refused !== null) refuse(head.status, head.headers, fail);
  else if (!stream.done && outcome.finishReason === null)
    fail("truncated_stream", "the stream ended without a finish reason or [DONE]");
  else if (outcome.tokenEventMs.length === 0) fail("empty_response", "the stream held no token");
  // What fails after [DONE] took nothing away; the connection's end is then not the reply's.
  if (failure !== null && stream.done && outcome.status === "ok") outcome.endMs = stream.doneMs;
  return outcome;
}

function refuse(
  status: number,
  headers: ReadonlyMap<string, string>,
  fail: (kind: ErrorKind, message: string) => void,
): void {
  if (status >= 300 && status < 400)
    fail("redirect", `the server redirects to ${headers.get("location") ?? "nowhere"}`);
  else if (status === 429) fail("rate_limited", "the server answered 429 (too many requests)");
  else if (status >= 400 && status < 500) fail("http_4xx", `the server answered ${status}`);
  else if (status >= 500) fail("http_5xx", `the server answered ${status}`);
  else
    fail(
      "not_a_stream",
      `the server answered ${status} with ${headers.get("content-type") ?? "no content type"}, not an event stream`,
    );
}

const errorKindOf: Record<Exclude<NetFailureKind, "client_limit">, ErrorKind> = {
  refused: "refused",
  dns: "dns",
  connect_timeout: "connect_timeout",
  tls: "tls",
  reset: "reset",
  request_timeout: "request_timeout",
  idle_timeout: "idle_timeout",
  malformed_response: "malformed_stream",
  truncated_response: "truncated_stream",
  cancelled: "cancelled",
  posture_denied: "posture_denied",
};

function isEventStream(headers: ReadonlyMap<string, string>): boolean {
  const encoding = headers.get("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return false;
  return /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");
}

/** Follows the events of one reply and writes what they say into `outcome`. */
function createTokenStream(dialect: Dialect, outcome: StreamOutcome, observer: StreamObserver) {
  let readMs = NaN;
  let countedBefore: number | null = 0;
  const stream = {
    done: false,
    doneMs: NaN,
    failed: false,
    /** The read that the following events came in. */
    at(atMs: number): void {
      readMs = atMs;
    },
    /** @throws EventStreamError when the data is not an event of this API. */
    read(data: string): void {
      if (stream.done || stream.failed) return;
      if (data === "[DONE]") {
        stream.done = true;
        stream.doneMs = readMs;
        return;
      }
      const event = decode(dialect, data);
      if (event.failed) {
        stream.failed = true;
        return;
      }
      outcome.finishReason ??= event.finishReason;
      if (event.usage !== null) outcome.usage = event.usage;
      const carriesToken = event.content !== "" || event.reasoning !== "" || event.tool;
      const counted = event.usage?.outputTokens ?? null;
      if (carriesToken) {
        // Known only where a cumulative count came with this event and with the one before it.
        const tokens = counted !== null && countedBefore !== null ? Math.max(0, counted - countedBefore) : 0;
        countedBefore = counted;
        stream.addTokenEvent(tokens);
        if (event.content !== "") outcome.firstContentMs ??= readMs;
        if (event.reasoning !== "") outcome.firstReasoningMs ??= readMs;
        if (event.tool) outcome.firstToolMs ??= readMs;
      }
      if (outcome.text !== null) outcome.text += event.reasoning + event.content;
    },
    addTokenEvent(tokens: number): void {
      if (outcome.firstTokenMs === null) {
        outcome.firstTokenMs = readMs;
        observer.onFirstToken?.(readMs);
      } else if (outcome.lastTokenMs === readMs) outcome.burstEvents++;
      outcome.lastTokenMs = readMs;
      outcome.tokenEventMs.push(readMs);
      outcome.tokensOfEvent.push(tokens);
      observer.onTokenEvent?.(readMs);
    },
  };
  return stream;
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

function emptyOutcome(keepText: boolean): StreamOutcome {
  return {
    connectStartMs: null,
    connectedMs: null,
    sentMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstContentMs: null,
    firstReasoningMs: null,
    firstToolMs: null,
    lastTokenMs: null,
    endMs: NaN,
    tokenEventMs: [],
    tokensOfEvent: [],
    burstEvents: 0,
    usage: null,
    finishReason: null,
    status: "ok",
    error: null,
    message: null,
    refusal: null,
    text: keepText ? "" : null,
  };
}
