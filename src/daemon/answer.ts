/** What both of the daemon's servers answer with, and what keeps a hostile client from costing more than it may. */
import type { Listener } from "../net/listen.ts";
import type { HttpResponse } from "./http.ts";

export interface Answer {
  status: number;
  type: string;
  body: string;
  /** Beyond those that every answer has. */
  headers?: Readonly<Record<string, string>>;
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, type: "application/json; charset=utf-8", body: `${JSON.stringify(value)}\n` };
}

export function textAnswer(status: number, text: string, headers: Answer["headers"] = {}): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${text}\n`, headers };
}

/** Nothing of it is to be kept or guessed at by whoever gets it. */
export function send(response: HttpResponse, { status, type, body, headers = {} }: Answer): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    // What a refused request still has to say is not read.
    ...(status >= 400 ? { Connection: "close" } : {}),
    ...headers,
  });
  response.end(body);
}

/**
 * Bounds on connections, on the time that a request and a silent connection may take, and on the size of a head: Node's own
 * are for a server that wants to wait. What is beyond them is closed.
 */
export function limit({ server }: Listener): void {
  server.maxConnections = 32;
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5000;
  server.timeout = 10_000;
  server.maxRequestsPerSocket = 10_000;
  server.maxHeadersCount = 100;
}
