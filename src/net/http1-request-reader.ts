/**
 * Reads HTTP/1.1 requests out of bytes that arrive in any pieces: what a request line and its headers mean for the body.
 * The lines of the head are handed over as they came, to be passed on.
 */
import { type Framing, malformed, MessageReader, parseHeaders } from "./http1-message.ts";

export interface RequestLines {
  method: string;
  /** As it stands in the request line. */
  target: string;
  /** The request line and the header lines, one character for each byte. */
  lines: readonly string[];
  /** Names in lower case; repeated headers are joined with ", ". */
  headers: ReadonlyMap<string, string>;
}

export interface RequestHandlers {
  /** `endsAt`: how many of the bytes that are being fed belong to the head. */
  onHead(head: RequestLines, endsAt: number): void;
  /** A piece of the body: `bytes`, which were given to `feed`, from `from` up to `to`. Never empty. */
  onBody(bytes: Uint8Array, from: number, to: number): void;
}

/** One request. After `isDone` a new reader is needed. */
export class RequestReader extends MessageReader {
  readonly #handlers: RequestHandlers;

  constructor(handlers: RequestHandlers) {
    super(handlers);
    this.#handlers = handlers;
  }

  /** TLS begins with byte 22, and no method holds a control character. */
  protected override checkStart(block: Uint8Array): void {
    if ((block[0] ?? 0) < 33) throw malformed("the first line is not an HTTP/1.1 request line");
  }

  protected override takeHead(text: string, endsAt: number): Framing {
    const lines = text.split("\r\n");
    const [, method, target] =
      /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.[01]$/.exec(lines[0] ?? "") ?? [];
    if (method === undefined || target === undefined) throw malformed("the first line is not an HTTP/1.1 request line");
    const headers = parseHeaders(lines.slice(1));
    const framing = framingOf(headers);
    this.#handlers.onHead({ method, target, lines, headers }, endsAt);
    return framing;
  }
}

/** RFC 9112 section 6.3: a request without a length and without chunks has no body. */
function framingOf(headers: ReadonlyMap<string, string>): Framing {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined) throw malformed("the request has both a Content-Length and a Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") throw malformed("the transfer coding is not chunked");
    return "chunked";
  }
  if (length === undefined) return "no body";
  if (!/^[0-9]{1,15}$/.test(length)) throw malformed("the Content-Length is not one whole number");
  return { length: Number(length) };
}
