/** What both of the daemon's servers answer with, and what keeps a hostile client from costing more than it may. */
import { messageOf } from "../errors.ts";
import type { Listener } from "../net/listen.ts";
import type { Handler, HttpRequest, HttpResponse } from "./http.ts";

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

/**
 * A handler that answers with what `answer` finds. One request at a time on a connection: nobody who is meant to ask sends
 * the next before the reply, and thousands of them at once would each take memory until their replies are read.
 */
export function answering(answer: (request: HttpRequest) => Promise<Answer>): Handler {
  const busy = new WeakSet<object>();
  return (request, response) => {
    const { socket } = request;
    if (busy.has(socket)) {
      socket.destroy();
      return;
    }
    busy.add(socket);
    response.once("close", () => busy.delete(socket));
    answer(request).then(
      (found) => send(response, found),
      (error: unknown) => send(response, textAnswer(500, messageOf(error))),
    );
  };
}

/** Nothing of it is to be kept or guessed at by whoever gets it. */
function send(response: HttpResponse, { status, type, body, headers = {} }: Answer): void {
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
 * Bounds on the time that a request and a silent connection may take, and on the size of a head: Node's own are for a
 * server that wants to wait. What is beyond them is closed.
 */
export const serverLimits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 16 * 1024,
} as const;

/**
 * Bounds that a server has only once it is there. Few connections: each can put 64 KB of tiny requests into one read, and
 * Node makes objects of all of them before anybody can look at the first.
 */
export function limitConnections({ server }: Listener): void {
  server.maxConnections = 8;
  server.timeout = 10_000;
}
