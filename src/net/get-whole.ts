/** A small resource, read whole. */
import type { ExchangeLimits, HttpClient, HttpRequest, NetFailure, ResponseHead } from "./http-client.ts";

export type Fetched =
  | { head: ResponseHead; body: Buffer; startMs: number; endMs: number }
  | { failure: NetFailure | { kind: "too_large"; message: string }; startMs: number; endMs: number };

/** GETs at most `maxBytes`; more is a failure, and the connection is dropped at once. It never rejects. */
export async function getWhole(
  client: HttpClient,
  request: Omit<HttpRequest, "method" | "body">,
  limits: ExchangeLimits & { maxBytes: number; startMs: number },
): Promise<Fetched> {
  const pieces: Buffer[] = [];
  let size = 0;
  const { head, failure, endMs } = await client.exchange({ ...request, method: "GET", body: null }, limits, {
    onBody(bytes, from, to) {
      size += to - from;
      if (size > limits.maxBytes) return "enough";
      pieces.push(Buffer.from(bytes.subarray(from, to)));
      return undefined;
    },
  });
  const { startMs } = limits;
  if (size > limits.maxBytes)
    return {
      failure: { kind: "too_large", message: `the answer is larger than ${limits.maxBytes} bytes` },
      startMs,
      endMs,
    };
  if (failure !== null) return { failure, startMs, endMs };
  // An exchange without a failure has a head.
  return { head: head as ResponseHead, body: Buffer.concat(pieces), startMs, endMs };
}
