/**
 * What the daemon says on its port of 127.0.0.1: `/metrics` for Prometheus, and its state as JSON. Every process of the
 * machine can reach the port, and so can every page in a browser. So each request has to name this host, must not come
 * from another origin, and needs the token of this start; without them it learns nothing, not even which paths there are.
 * Nothing is written or stopped here.
 */
import { type Answer, answering, jsonAnswer, textAnswer } from "./answer.ts";
import type { Handler, HttpRequest } from "./http.ts";
import { isAuthorised } from "./token.ts";

/** What both servers are asked for. */
export interface DaemonSources {
  status(): object;
  show(sinceMs: number): Promise<object>;
  /** The text of /metrics. */
  exposition(): string;
}

/**
 * @param sources null while it starts and stops
 * @param port the one that it got, known once it listens
 */
export function createHttpApi(sources: () => DaemonSources | null, token: string, port: () => number): Handler {
  return answering((request) => answer(request, sources(), token, port()));
}

async function answer(
  request: HttpRequest,
  sources: DaemonSources | null,
  token: string,
  port: number,
): Promise<Answer> {
  const { host, origin, authorization } = request.headers;
  // A name that somebody else's DNS points at 127.0.0.1 would make this port a part of their site.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return textAnswer(421, "this daemon answers to its own address only");
  if (origin !== undefined && origin !== `http://${host}`)
    return textAnswer(403, "this daemon answers to no other site");
  if (!isAuthorised(authorization, token))
    return textAnswer(401, "this needs the daemon's token", { "WWW-Authenticate": "Bearer" });
  if (request.method !== "GET" && request.method !== "HEAD")
    return textAnswer(405, "nothing can be changed here", { Allow: "GET, HEAD" });
  if (sources === null) return textAnswer(503, "the daemon starts or stops");
  const url = urlOf(request);
  if (url === null) return textAnswer(400, "this is no path");
  switch (url.pathname) {
    case "/metrics":
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: sources.exposition() };
    case "/api/v1/state":
      return jsonAnswer(sources.status());
    case "/api/v1/show":
      return show(url, sources);
    default:
      return textAnswer(404, "there are /metrics, /api/v1/state and /api/v1/show");
  }
}

/** Null where the request's target is none that can be read, such as `//`. */
export function urlOf({ url }: HttpRequest): URL | null {
  return URL.parse(`http://daemon${url?.startsWith("/") === true ? url : "/"}`);
}

/** `since_ms`: how far back from now, in milliseconds; an hour without it. */
export async function show({ searchParams }: URL, sources: DaemonSources): Promise<Answer> {
  const text = searchParams.get("since_ms") ?? "3600000";
  if (!/^[1-9][0-9]{0,12}$/.test(text)) return textAnswer(400, "since_ms is a number of milliseconds");
  return jsonAnswer(await sources.show(Number(text)));
}
