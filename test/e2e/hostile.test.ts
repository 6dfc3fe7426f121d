/** Answers that no server should send: each ends its request with a named error, however much of it there would be. */
import { describe, expect, it } from "vitest";
import type { ErrorKind } from "../../src/runs/schemas/request.ts";
import { startServer } from "../servers.ts";
import { bench } from "./bench.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const megabyte = "x".repeat(1024 * 1024);

interface Answer {
  start: string;
  /** Follows again and again, until the client goes. */
  endless?: string;
  kind: ErrorKind;
  status: number | null;
}

const malformed = { kind: "malformed_stream", status: null } as const;
const malformedBody = { kind: "malformed_stream", status: 200 } as const;

const answers: Record<string, Answer> = {
  "a header line of 64 KB": { start: `${ok}X: ${"y".repeat(64 * 1024)}\r\n\r\n`, ...malformed },
  "a head without an end": { start: ok, endless: `X: ${"y".repeat(1000)}\r\n`, ...malformed },
  "interim responses without an end": { start: "", endless: "HTTP/1.1 100 Continue\r\n\r\n".repeat(50), ...malformed },
  "a length and chunks": { start: `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello`, ...malformed },
  "two lengths": { start: `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, ...malformed },
  "a blank before a colon": { start: `${ok}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, ...malformed },
  "a coding that only looks like chunked": { start: `${ok}Transfer-Encoding: xchunked\r\n\r\n`, ...malformed },
  "bare line feeds": { start: "HTTP/1.1 200 OK\nContent-Length: 0\n\n", ...malformed },
  "a folded header": { start: `${ok}X: a\r\n b\r\n\r\n`, ...malformed },
  "a negative chunk size": { start: `${chunked}-1\r\nx`, ...malformedBody },
  "a chunk size of 2^60": { start: `${chunked}1000000000000000\r\nx`, ...malformedBody },
  "an event of 100 MB": { start: `${chunked}6400006\r\ndata: `, endless: megabyte, ...malformedBody },
  "trailers without an end": { start: `${chunked}0\r\n`, endless: `X: ${"y".repeat(1000)}\r\n`, ...malformedBody },
  "a page without an end": {
    start: "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    endless: megabyte,
    ...{ kind: "not_a_stream", status: 200 },
  },
  "an error without an end": {
    start: "HTTP/1.1 500 Internal Server Error\r\n\r\n",
    endless: megabyte,
    ...{ kind: "http_5xx", status: 500 },
  },
};

describe("a server that answers with", () => {
  it.each(Object.entries(answers))("%s", async (_, { start, endless, kind, status }) => {
    const { port } = await startServer(async (connection) => {
      if ((await connection.request()) === null) return;
      await connection.write(start);
      if (endless !== undefined) await connection.drip(endless, 0);
    });
    const { code, run } = await bench(port, ["--concurrency", "1", "--requests", "1"]);
    expect(run.requests).toMatchObject([{ status: "error", error: { kind, http_status: status } }]);
    expect(code).toBe(1);
  });
});
