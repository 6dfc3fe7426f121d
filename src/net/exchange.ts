/**
 * One request and its response on one connection, with every moment stamped. It never rejects: whatever happens is in the
 * answer. It never retries.
 */
import { monotonicMs } from "../clock.ts";
import type { Connection, ConnectionHandler } from "./connection.ts";
import type { ExchangeLimits, ExchangeObserver, HttpRequest, NetFailure, ResponseHead } from "./http-client.ts";
import { MessageError } from "./http1-message.ts";
import { ResponseReader } from "./http1-reader.ts";
import { endSlice } from "./read-queue.ts";

export interface ExchangeOnConnection {
  sentMs: number;
  firstByteMs: number | null;
  endMs: number;
  head: ResponseHead | null;
  failure: NetFailure | null;
  /** The response was whole and the server takes another request on this connection. */
  reusable: boolean;
}

export function exchangeOn(
  connection: Connection,
  request: HttpRequest,
  limits: ExchangeLimits & { deadlineMs: number | null },
  observer: ExchangeObserver,
): Promise<ExchangeOnConnection> {
  return new Promise((resolve) => {
    let firstByteMs: number | null = null;
    let head: ResponseHead | null = null;
    let lastHeardMs = NaN;
    let readMs = NaN;
    let over = false;

    const reader = new ResponseReader({
      onHead(received) {
        head = received;
        observer.onHead?.(received, readMs);
      },
      onBody(bytes) {
        // One read can hold many pieces, and the observer can have cancelled at the first.
        if (!over) observer.onBody?.(bytes, readMs);
      },
    });

    const finish = (endMs: number, failure: NetFailure | null, reusable: boolean) => {
      if (over) return;
      over = true;
      clearTimeout(deadlineTimer);
      clearTimeout(idleTimer);
      limits.signal?.removeEventListener("abort", cancel);
      connection.receive(null);
      if (!reusable) connection.destroy();
      endSlice();
      resolve({ sentMs, firstByteMs, endMs, head, failure, reusable });
    };
    const fail = (kind: NetFailure["kind"], message: string) => finish(monotonicMs(), { kind, message }, false);
    const cancel = () => fail("cancelled", "cancelled");

    const handler: ConnectionHandler = {
      onBytes(bytes, atMs) {
        firstByteMs ??= atMs;
        lastHeardMs = atMs;
        readMs = atMs;
        try {
          const taken = reader.feed(bytes);
          if (reader.isDone) finish(atMs, null, reader.keepAlive && taken === bytes.length);
        } catch (error) {
          finish(atMs, failureOfReading(error), false);
        }
      },
      onEnd(failure, atMs) {
        if (failure !== null) return finish(atMs, failure, false);
        try {
          reader.end();
          finish(atMs, null, false);
        } catch (error) {
          // The end of a connection on which nothing was answered is a reset, not half a response.
          const closed: NetFailure = { kind: "reset", message: "the server closed the connection without an answer" };
          finish(atMs, firstByteMs === null ? closed : failureOfReading(error), false);
        }
      },
    };

    // Re-armed only when it fires: a timer per read would cost more than the read.
    const watchSilence = () => {
      const leftMs = lastHeardMs + limits.idleTimeoutMs - monotonicMs();
      if (leftMs <= 0) fail("idle_timeout", `the server was silent for ${limits.idleTimeoutMs} ms`);
      else idleTimer = setTimeout(watchSilence, Math.ceil(leftMs));
    };

    const bytes = encodeRequest(request);
    connection.receive(handler);
    const sentMs = monotonicMs();
    lastHeardMs = sentMs;
    connection.write(bytes);
    let idleTimer = setTimeout(watchSilence, limits.idleTimeoutMs);
    const deadlineTimer =
      limits.deadlineMs === null
        ? undefined
        : setTimeout(
            () => fail("request_timeout", `not finished within ${limits.requestTimeoutMs} ms`),
            Math.max(0, limits.deadlineMs - sentMs),
          );
    limits.signal?.addEventListener("abort", cancel);
    observer.onSent?.(sentMs);
  });
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
