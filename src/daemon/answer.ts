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

/** A handler that answers with what `answer` finds. */
export function answering(answer: (request: HttpRequest) => Promise<Answer>): Handler {
  return (request, response) => {
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

/** Bounds that a server has only once it is there. */
export function limitConnections({ server }: Listener): void {
  server.maxConnections = 8;
  server.timeout = 10_000;
  takeOneAtATime(server);
}

/**
 * One request at a time on a connection, and none with a body: nobody who is meant to ask sends more before the reply. Node
 * would find thousands of tiny requests in one read, and make objects of all of them before anybody can look at the first.
 * So what follows a head is blanked before it gets to the parser, which then closes the connection.
 */
function takeOneAtATime(server: Listener["server"]): void {
  const busy = new WeakSet<object>();
  server.on("connection", (socket) => {
    let before = Buffer.alloc(0);
    // Ahead of the parser's own listener.
    socket.prependListener("data", (bytes: Buffer) => {
      const seen = Buffer.concat([before, bytes]);
      const end = busy.has(socket) ? before.length : endOfHead(seen);
      before = end === null ? Buffer.from(seen.subarray(-3)) : Buffer.alloc(0);
      if (end === null) return;
      busy.add(socket);
      bytes.fill(0, end - (seen.length - bytes.length));
    });
  });
  server.on("request", (request, response) => response.once("close", () => busy.delete(request.socket)));
}

/** Where an HTTP/1.1 head is over; null while it is not. */
function endOfHead(bytes: Buffer): number | null {
  const at = bytes.indexOf("\r\n\r\n");
  return at < 0 ? null : at + 4;
}
