/**
 * Where this reader and Node's parser are known to differ, each with its reason. Everything else that differs is a bug of
 * one of them.
 */
import type { Reading } from "./reading.ts";
import { mapChunks, mapHead, mapInterims, plainChunks, renameTrailers } from "./rewrite-response.ts";

/**
 * What Node reads in another way, or refuses, and this reader passes over. Rewritten into a form that both know, the
 * response must be read alike by both, and by this reader as before.
 */
export interface PassedOver {
  name: string;
  reason: string;
  rewrite(text: string): string;
}

export const passedOver: readonly PassedOver[] = [
  {
    name: "version and framing headers of an interim response",
    reason: "it has no body and ends nothing (RFC 9110 section 15.2)",
    rewrite: (text) =>
      mapInterims(text, (interims) =>
        interims
          .replace(/^(content-length|transfer-encoding|connection|proxy-connection)(?=:)/gim, "x")
          .replace(/^HTTP\/1\.0/gm, "HTTP/1.1"),
      ),
  },
  {
    name: "a tab after chunked",
    reason: "it belongs to the blanks around the value (RFC 9110 section 5.6.3); Node takes it as part of the name",
    rewrite: (text) => mapHead(text, (head) => head.replace(/^(transfer-encoding:.*chunked)[ \t]+$/gim, "$1")),
  },
  {
    name: "Proxy-Connection",
    reason: "no specification gives it a meaning (RFC 9112 appendix C.2.2); Node takes it for Connection",
    rewrite: (text) => mapHead(text, (head) => head.replace(/^proxy-connection(?=:)/gim, "x")),
  },
  {
    name: "blanks after a chunk size",
    reason: "some servers pad their sizes; a second number is refused",
    rewrite: (text) => mapChunks(text, (body) => plainChunks(body, "blanks")),
  },
  {
    name: "chunk extensions of any form",
    reason: "they are not looked at, up to their line end and within their limit",
    rewrite: (text) => mapChunks(text, (body) => plainChunks(body, "blanks and extensions")),
  },
  {
    name: "trailers with the names of framing headers",
    reason: "they come when the end has been found, and are not used",
    rewrite: (text) =>
      mapChunks(text, (body) => renameTrailers(body, /^(content-length|transfer-encoding)(?=:)/gim, "x")),
  },
];

/** What this reader refuses, or makes less of, on purpose. */
export interface Stricter {
  name: string;
  reason: string;
  explains(text: string, ours: Reading, node: Reading): boolean;
}

export const stricter: readonly Stricter[] = [
  {
    name: "a coding other than chunked",
    reason:
      "Node reads an unknown one to the connection's end, and a list by its last name: two readers could disagree",
    explains: (_, ours, node) =>
      refusedFor(ours, "the transfer coding is not chunked") && headerOf(node, "transfer-encoding") !== "chunked",
  },
  {
    name: "a Content-Length of more than 15 digits",
    reason: "no real one has more, and more would not be exact",
    explains: (_, ours, node) =>
      refusedFor(ours, "the Content-Length is not one whole number") &&
      /^[0-9]{16,}$/.test(headerOf(node, "content-length") ?? ""),
  },
  {
    name: "a chunk size of more than 12 digits",
    reason: "no real one has more, and more would not be exact",
    explains: (text, ours) => refusedFor(ours, "a chunk size has more than 12 digits") && /\n[0-9a-f]{13}/i.test(text),
  },
  {
    name: "line ends before a status line",
    reason:
      "a server may pass over them before a request (RFC 9112 section 2.2); here they are what a former response left",
    explains: (text, ours) => refusedFor(ours, notAStatusLine) && /^[\r\n]/.test(mapInterims(text, () => "")),
  },
  {
    name: "NUL in a reason phrase",
    reason: "it may hold text only (RFC 9112 section 4)",
    explains: (text, ours) => refusedFor(ours, notAStatusLine) && /^HTTP\/1\.[01] [0-9]{3} [^\r\n]*\0/m.test(text),
  },
  {
    name: "a status below 100",
    reason: "there is none (RFC 9110 section 15); Node takes it for an interim one",
    explains: (text, ours) => refusedFor(ours, notAStatusLine) && /^HTTP\/1\.[01] 0/.test(mapInterims(text, () => "")),
  },
  {
    name: "another version of HTTP",
    reason: "this is a reader of HTTP/1; Node also takes 0.9 and 2.0",
    explains: (text, ours) =>
      refusedFor(ours, notAStatusLine) && /^HTTP\/(0\.9|2\.0) /.test(mapInterims(text, () => "")),
  },
  {
    name: "a switch of protocols",
    reason: "nothing here asks for one",
    explains: (_, ours, node) =>
      refusedFor(ours, "the server switched protocols, which nobody asked for") && node.status === 101,
  },
  {
    name: "chunks in HTTP/1.0 and a connection for more",
    reason: "such a response must be the last of its connection (RFC 9112 section 6.1)",
    explains: (_, ours, node) => keepsLess(ours, node) && headerOf(ours, "transfer-encoding") !== null,
  },
  {
    name: "keep-alive beside close",
    reason:
      "the server announces the end of the connection (RFC 9112 section 9.6); Node lets keep-alive win in HTTP/1.0",
    explains: (_, ours, node) => keepsLess(ours, node) && /\bclose\b/i.test(headerOf(ours, "connection") ?? ""),
  },
];

const notAStatusLine = "the first line is not an HTTP/1.1 status line";

function refusedFor(ours: Reading, message: string): boolean {
  return ours.error === `malformed: ${message}`;
}

function keepsLess(ours: Reading, node: Reading): boolean {
  return (
    ours.error === null && !ours.keepAlive && node.keepAlive && ours.body === node.body && ours.headers === node.headers
  );
}

function headerOf({ headers }: Reading, name: string): string | null {
  const line = headers.split("\n").find((header) => header.startsWith(`${name}: `));
  return line === undefined ? null : line.slice(name.length + 2).toLowerCase();
}
