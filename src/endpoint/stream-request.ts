/** One streaming request. It knows an API and its failures; it does not know why the request is sent. */
import type { ErrorKind } from "../runs/schemas/request.ts";
import type { Exchange, ExchangeLimits, HttpClient, HttpRequest, NetFailureKind } from "../net/http-client.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { FollowedStream, type StreamObserver } from "./followed-stream.ts";
import { emptyOutcome, type StreamOutcome } from "./stream-outcome.ts";

/** Posts and reads to the end. It never rejects. */
export function streamRequest(
  client: HttpClient,
  request: HttpRequest,
  dialect: Dialect,
  limits: ExchangeLimits,
  options: { keepText?: boolean; observer?: StreamObserver } = {},
): Promise<StreamOutcome> {
  const { observer = {}, keepText = false } = options;
  const reply = new FollowedStream(dialect, emptyOutcome(keepText), observer);
  return client.exchange(request, limits, reply).then((exchange) => concluded(reply, exchange));
}

/** What became of the request, once its exchange has ended. */
function concluded(reply: FollowedStream, exchange: Exchange): StreamOutcome {
  const { outcome, refused } = reply;
  const { connectStartMs, connectedMs, sentMs, firstByteMs, endMs, head, failure } = exchange;
  Object.assign(outcome, { connectStartMs, connectedMs, sentMs, firstByteMs, endMs });
  const httpStatus = head?.status ?? null;
  const fail = (kind: ErrorKind, message: string) => {
    outcome.status = kind === "cancelled" ? "cancelled" : "error";
    outcome.error = { kind, httpStatus };
    outcome.message = message;
  };

  if (refused !== null) outcome.refusal = Buffer.concat(refused).toString("utf8");
  if (reply.broken !== null) fail("malformed_stream", reply.broken);
  else if (reply.failed) fail("server_error_in_stream", "the server reported an error inside its stream");
  else if (failure?.kind === "client_limit") {
    outcome.status = "not_sent";
    outcome.message = failure.message;
  } else if (failure !== null && !reply.done && !reply.isCut) fail(errorKindOf[failure.kind], failure.message);
  else if (head !== null && refused !== null) refuse(head.status, head.headers, fail);
  else if (!reply.done && outcome.finishReason === null)
    fail("truncated_stream", "the stream ended without a finish reason or [DONE]");
  else if (outcome.tokenEvents.length === 0) fail("empty_response", "the stream held no token");
  // What fails after [DONE] took nothing away; the connection's end is then not the reply's.
  if (failure !== null && reply.done && outcome.status === "ok") outcome.endMs = reply.doneMs;
  return outcome;
}

function refuse(
  status: number,
  headers: ReadonlyMap<string, string>,
  fail: (kind: ErrorKind, message: string) => void,
): void {
  if (status >= 300 && status < 400)
    fail("redirect", `the server redirects to ${headers.get("location") ?? "nowhere"}`);
  else if (status === 429) fail("rate_limited", "the server answered 429 (too many requests)");
  else if (status >= 400 && status < 500) fail("http_4xx", `the server answered ${status}`);
  else if (status >= 500) fail("http_5xx", `the server answered ${status}`);
  else
    fail(
      "not_a_stream",
      `the server answered ${status} with ${headers.get("content-type") ?? "no content type"}, not an event stream`,
    );
}

const errorKindOf: Record<Exclude<NetFailureKind, "client_limit">, ErrorKind> = {
  refused: "refused",
  dns: "dns",
  connect_timeout: "connect_timeout",
  tls: "tls",
  reset: "reset",
  request_timeout: "request_timeout",
  idle_timeout: "idle_timeout",
  malformed_response: "malformed_stream",
  truncated_response: "truncated_stream",
  cancelled: "cancelled",
  posture_denied: "posture_denied",
};
