/** The mimic's paths: what a request is for, and the small answers. Inference is in src/mimic/answer.ts. */
import { mimicServer } from "../endpoint/dialects/mimic-server.ts";
import type { Handler, HttpRequest, HttpResponse } from "./http.ts";
import { answerInference, checkKey, sendError } from "./answer.ts";
import { ApiError } from "./api-error.ts";
import { renderDcgm } from "./expositions/dcgm.ts";
import { expositionType } from "./expositions/exposition.ts";
import type { Mimic } from "./mimic.ts";
import { stateOf } from "./state.ts";
import type { Api } from "./wire/api.ts";
import { chat } from "./wire/chat.ts";
import { completions } from "./wire/completions.ts";
import { embeddings } from "./wire/embeddings.ts";
import { messages } from "./wire/messages.ts";
import { responses } from "./wire/responses.ts";

const apis: readonly Api[] = [chat, completions, responses, messages, embeddings];

type Answer = (mimic: Mimic, request: HttpRequest, response: HttpResponse) => void;

const routes: Readonly<Record<string, { method: "GET" | "POST"; answer: Answer }>> = {
  "/v1/models": { method: "GET", answer: sendModels },
  "/metrics": { method: "GET", answer: sendMetrics },
  "/dcgm/metrics": { method: "GET", answer: sendDeviceMetrics },
  "/health": { method: "GET", answer: (_mimic, _request, response) => send(response, "text/plain", "") },
  "/mimic/state": {
    method: "GET",
    answer: (mimic, _request, response) => send(response, "application/json", JSON.stringify(stateOf(mimic))),
  },
  ...Object.fromEntries(
    apis.map((api) => [
      api.path,
      {
        method: "POST" as const,
        answer: (mimic: Mimic, request: HttpRequest, response: HttpResponse) =>
          void answerInference(mimic, api, request, response),
      },
    ]),
  ),
};

export function createHandler(mimic: Mimic): Handler {
  return (request, response) => {
    response.setHeader("server", mimicServer);
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const { by_path } = mimic.ledger.requests;
    // Only known paths are counted by name: a scanner must not fill the memory.
    const name = route === undefined ? "unknown" : path;
    by_path[name] = (by_path[name] ?? 0) + 1;
    if (route === undefined)
      return sendError(response, new ApiError(404, `there is no ${path}; try ${Object.keys(routes).join(", ")}`));
    if (route.method !== request.method)
      return sendError(
        response,
        new ApiError(405, `${path} takes ${route.method}`, { headers: { allow: route.method } }),
      );
    try {
      route.answer(mimic, request, response);
    } catch (error) {
      sendError(response, error instanceof ApiError ? error : new ApiError(500, String(error)));
    }
  };
}

function sendModels(mimic: Mimic, request: HttpRequest, response: HttpResponse): void {
  checkKey(mimic, request);
  const model = {
    ...{ id: mimic.model, object: "model", created: 1_750_000_000, owned_by: "inferguard-mimic" },
    ...{ root: mimic.model, parent: null, max_model_len: mimic.simulation.maxTokens },
  };
  send(response, "application/json", JSON.stringify({ object: "list", data: [model] }));
}

function sendMetrics(mimic: Mimic, _request: HttpRequest, response: HttpResponse): void {
  mimic.driver.catchUp();
  send(response, expositionType, mimic.exposition.render(mimic.simulation.ranks()));
}

function sendDeviceMetrics(
  { driver, simulation, profile }: Mimic,
  _request: HttpRequest,
  response: HttpResponse,
): void {
  driver.catchUp();
  send(response, expositionType, renderDcgm(profile, simulation.devices(driver.nowMs())));
}

function send(response: HttpResponse, type: string, body: string): void {
  response.sendDate = false;
  response.writeHead(200, { "content-type": type, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}
