/**
 * What the daemon answers on its Unix socket. Only its owner and root can open the socket, so nothing more is asked of
 * them; and only here can it be stopped.
 */
import { type Answer, answering, jsonAnswer, textAnswer } from "./answer.ts";
import type { Handler, HttpRequest } from "./http.ts";
import { type DaemonSources, show, urlOf } from "./http-api.ts";

/** @param sources null while it starts and stops */
export function createControlApi(sources: () => DaemonSources | null, stop: () => void): Handler {
  return answering((request) => answer(request, sources(), stop));
}

async function answer(request: HttpRequest, sources: DaemonSources | null, stop: () => void): Promise<Answer> {
  const url = urlOf(request);
  if (url === null) return textAnswer(400, "this is no path");
  if (sources === null) return textAnswer(503, "the daemon starts or stops");
  switch (`${request.method} ${url.pathname}`) {
    case "GET /v1/status":
      return jsonAnswer(sources.status());
    case "GET /v1/show":
      return show(url, sources);
    case "POST /v1/stop":
      stop();
      return jsonAnswer({ stopping: true }, 202);
    default:
      return textAnswer(404, "there are GET /v1/status, GET /v1/show and POST /v1/stop");
  }
}
