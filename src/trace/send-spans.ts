/**
 * Sends spans to the operator's own collector: OTLP over HTTP, in its JSON form, a few hundred in a request, at the end of a
 * run. Nothing is tried again, no redirect is followed, and a failure is a sentence, never an exception.
 */
import type { Authority } from "../net/authority.ts";
import type { HttpClient, TlsSettings } from "../net/http-client.ts";
import { version } from "../version.ts";
import { otlpJson, type Span } from "./spans.ts";

export interface Collector {
  authority: Authority;
  tls: TlsSettings | null;
  /** Where spans are posted: `/v1/traces`. */
  path: string;
}

const SPANS_IN_A_REQUEST = 512;
const LIMITS = { connectTimeoutMs: 5000, requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 };
/** Of an answer, which says no more than how many spans were refused. */
const MOST_ANSWER_BYTES = 65_536;

/** @returns what went wrong, for the person; null when every span was taken */
export async function sendSpans(
  client: HttpClient,
  collector: Collector,
  spans: readonly Span[],
): Promise<string | null> {
  for (let sent = 0; sent < spans.length; sent += SPANS_IN_A_REQUEST) {
    const problem = await post(client, collector, spans.slice(sent, sent + SPANS_IN_A_REQUEST));
    if (problem !== null) return `${problem}; ${spans.length - sent} of ${spans.length} spans may be missing there`;
  }
  return null;
}

async function post(client: HttpClient, { authority, tls, path }: Collector, spans: Span[]): Promise<string | null> {
  const where = `the collector at ${authority.host}:${authority.port}`;
  const answer: Buffer[] = [];
  let bytesRead = 0;
  const { head, failure } = await client.exchange(
    {
      ...{ authority, tls, path, method: "POST" as const },
      headers: [
        ["Content-Type", "application/json"],
        ["Accept", "application/json"],
        ["Accept-Encoding", "identity"],
        ["User-Agent", `inferguard/${version}`],
      ],
      body: otlpJson(spans),
    },
    LIMITS,
    {
      onBody(bytes, from, to) {
        bytesRead += to - from;
        if (bytesRead <= MOST_ANSWER_BYTES) answer.push(Buffer.from(bytes.subarray(from, to)));
        return undefined;
      },
    },
  );
  if (failure !== null) return `${where} could not be reached: ${failure.message}`;
  const status = head?.status ?? 0;
  if (status < 200 || status > 299) return `${where} answered ${status} to POST ${path}`;
  const refused = refusedSpans(Buffer.concat(answer).toString("utf8"));
  return refused === 0 ? null : `${where} refused ${refused} spans`;
}

/** A collector that takes some and refuses others says so in a good answer. */
function refusedSpans(text: string): number {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } } | null;
    const refused = Number(answer?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(refused) && refused > 0 ? refused : 0;
  } catch {
    return 0;
  }
}
