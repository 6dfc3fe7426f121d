/**
 * The oracle: the parser inside Node's own HTTP client (llhttp), driven the way node:http drives it, without sockets.
 * It is reached through an internal module, because a socket for each case would be a thousand times slower.
 */
import { createRequire } from "node:module";
import { headerText, type Reading } from "./reading.ts";

interface NodeParser {
  [callback: number]: unknown;
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  execute(bytes: Buffer): number | Failure;
  finish(): Failure | undefined;
}
type Failure = Error & { code: string; reason: string };
type HeadersComplete = (
  major: number,
  minor: number,
  headers: string[] | undefined,
  method: unknown,
  url: unknown,
  status: number,
  statusText: string,
  upgrade: boolean,
  shouldKeepAlive: boolean,
) => number;

const { HTTPParser } = createRequire(import.meta.url)("_http_common") as {
  HTTPParser: { new (): NodeParser } & Record<string, number>;
};
const [response, onHeaders, onHeadersComplete, onBody, onMessageComplete] = [
  "RESPONSE",
  "kOnHeaders",
  "kOnHeadersComplete",
  "kOnBody",
  "kOnMessageComplete",
].map((name) => HTTPParser[name] as number) as [number, number, number, number, number];
const skipBody = 1;

let reading: Reading;
let raw: string[];
let isInterim: boolean;
let isDone: boolean;

const parser = new HTTPParser();
// Many headers come in portions; so do trailers, which nobody asks for.
parser[onHeaders] = (headers: string[]) => {
  if (!isDone && reading.status === null) raw.push(...headers);
};
const headersComplete: HeadersComplete = (
  _major,
  _minor,
  headers,
  _method,
  _url,
  status,
  _text,
  _upgrade,
  keepAlive,
) => {
  if (isDone) return 0;
  raw.push(...(headers ?? []));
  isInterim = status < 200 && status !== 101;
  if (isInterim) {
    raw = [];
    return skipBody;
  }
  reading.status = status;
  reading.headers = headerText(join(raw));
  reading.keepAlive = keepAlive;
  return 0;
};
parser[onHeadersComplete] = headersComplete;
parser[onBody] = (bytes: Buffer) => {
  if (!isDone) reading.body += bytes.toString("latin1");
};
parser[onMessageComplete] = () => {
  if (!isInterim) isDone = true;
};

/** Reads all of it, then the end of the connection. What follows the first final response is ignored. */
export function readWithNode(bytes: Buffer): Reading {
  begin();
  const result = parser.execute(bytes);
  const failure = typeof result === "number" && !isDone ? parser.finish() : result;
  if (!isDone) reading.error = typeof failure === "object" ? `${failure.code}: ${failure.reason}` : "no response";
  return reading;
}

/** Whether these bytes are a whole response, without the connection's end. */
export function isWholeForNode(bytes: Buffer): boolean {
  begin();
  parser.execute(bytes);
  return isDone;
}

function begin(): void {
  reading = { status: null, headers: "", body: "", keepAlive: false, taken: -1, error: null };
  raw = [];
  isInterim = false;
  isDone = false;
  parser.initialize(response, {}, 64 * 1024, 0);
}

function join(headers: readonly string[]): Map<string, string> {
  const joined = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] as string).toLowerCase();
    const before = joined.get(name);
    joined.set(name, before === undefined ? (headers[at + 1] as string) : `${before}, ${headers[at + 1]}`);
  }
  return joined;
}
