/**
 * Reads HTTP/1.1 responses out of bytes that arrive in any pieces: what a status line and its headers mean for the body and
 * the connection.
 *
 * It will not decompress, follow redirects or accept an upgrade.
 */
import type { ResponseHead } from "./http-client.ts";
import { type Framing, malformed, MessageReader, parseHeaders, tokensOf } from "./http1-message.ts";

export interface ResponseHandlers {
  onHead(head: ResponseHead): void;
  /** A piece of the body: `bytes`, which were given to `feed`, from `from` up to `to`. Never empty. */
  onBody(bytes: Uint8Array, from: number, to: number): void;
}

/** Real servers send one or two; a server that sends them without an end never answers. */
const MAX_INTERIM_RESPONSES = 32;

/** One response. After `isDone` a new reader is needed. */
export class ResponseReader extends MessageReader {
  /** The server will take another request on this connection. Known once the head was read. */
  keepAlive = false;
  #interims = 0;
  readonly #handlers: ResponseHandlers;
  readonly #hasNoBody: boolean;

  /** @param method of the request: the response to HEAD has the headers of a body, and none */
  constructor(handlers: ResponseHandlers, method = "GET") {
    super(handlers);
    this.#handlers = handlers;
    this.#hasNoBody = method === "HEAD";
  }

  /** A server that speaks something else is found out by its first bytes, not by its silence. */
  protected override checkStart(block: Uint8Array): void {
    for (let at = 0; at < START.length && at < block.length; at++)
      if (block[at] !== START[at]) throw malformed("the first line is not an HTTP/1.1 status line");
  }

  protected override takeHead(text: string): Framing {
    const { head, framing, keepAlive } = readHead(text);
    // 100 Continue, 103 Early Hints: the real response follows.
    if (head.status < 200) {
      if (++this.#interims > MAX_INTERIM_RESPONSES)
        throw malformed(`there are more than ${MAX_INTERIM_RESPONSES} interim responses`);
      return "none yet";
    }
    this.keepAlive = keepAlive;
    this.#handlers.onHead(head);
    return this.#hasNoBody ? "no body" : framing;
  }
}

interface ReadHead {
  readonly text: string;
  readonly head: ResponseHead;
  readonly framing: Framing;
  /** The server will take another request on this connection. */
  readonly keepAlive: boolean;
}

/** The heads of one server differ by their Date, once a second: hundreds of streams can share one. */
let lastRead: ReadHead | null = null;

function readHead(text: string): ReadHead {
  if (lastRead?.text !== text) lastRead = parseHead(text);
  return lastRead;
}

function parseHead(text: string): ReadHead {
  const lines = text.split("\r\n");
  const { status, minor } = parseStatusLine(lines[0] ?? "");
  const headers = parseHeaders(lines.slice(1));
  if (status === 101) throw malformed("the server switched protocols, which nobody asked for");
  const head = { status, headers };
  if (status < 200) return { text, head, framing: "none yet", keepAlive: false };
  const framing = framingOf(status, headers);
  const connection = tokensOf(headers.get("connection"));
  // RFC 9112 section 6.1: HTTP/1.0 has no chunks, so such a response must be the connection's last.
  const isFaulty = minor === 0 && headers.has("transfer-encoding");
  const keepAlive =
    framing !== "until close" &&
    !isFaulty &&
    !connection.includes("close") &&
    (minor === 1 || connection.includes("keep-alive"));
  return { text, head, framing, keepAlive };
}

const START = Uint8Array.from("HTTP/1.", (letter) => letter.charCodeAt(0));

function parseStatusLine(line: string): { status: number; minor: number } {
  const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [^\0\r\n]*)?$/.exec(line);
  if (match === null) throw malformed("the first line is not an HTTP/1.1 status line");
  return { minor: Number(match[1]), status: Number(match[2]) };
}

/** RFC 9112 section 6.3: how the body ends. */
function framingOf(status: number, headers: ReadonlyMap<string, string>): Framing {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  const hasNoBody = status === 204 || status === 304;
  if (coding !== undefined) {
    if (length !== undefined) throw malformed("the response has both a Content-Length and a Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") throw malformed("the transfer coding is not chunked");
    return hasNoBody ? "no body" : "chunked";
  }
  if (length === undefined) return hasNoBody ? "no body" : "until close";
  if (!/^[0-9]{1,15}$/.test(length)) throw malformed("the Content-Length is not one whole number");
  return hasNoBody ? "no body" : { length: Number(length) };
}
