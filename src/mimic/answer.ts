/** One inference request, from its body to the last byte of its answer. */
import type { HttpRequest, HttpResponse } from "./http.ts";
import { ApiError, errorBody } from "./api-error.ts";
import type { Behaviour, CannedAnswer } from "./behaviour.ts";
import { composeReply } from "./compose-reply.ts";
import { createDelivery } from "./delivery.ts";
import { behaviourFor } from "./faults.ts";
import { beginRequest } from "./ledger.ts";
import { readBody } from "./read-body.ts";
import { sendReply } from "./send-reply.ts";
import type { Mimic } from "./mimic.ts";
import type { Api, JsonObject, ReplyContext } from "./wire/api.ts";
import { isObject } from "./wire/read.ts";

/** Never rejects: what is wrong with a request is its answer. */
export async function answerInference(
  mimic: Mimic,
  api: Api,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  const end = beginRequest(mimic.ledger);
  response.once("close", () => end(response.writableFinished));
  try {
    checkKey(mimic, request);
    const behaviour = chosenBehaviour(mimic, request);
    if (behaviour.closeIdleMs !== null) closeWhenIdle(response, behaviour.closeIdleMs);
    const text = await readBody(request);
    if (behaviour.canned === "hang") return;
    if (behaviour.canned === null) return reply(mimic, api, behaviour, text, response);
    const { status, headers, body } = cannedAnswer(behaviour.canned, api);
    createDelivery(response, behaviour, mimic).sendWhole(status, headers, body);
  } catch (error) {
    sendError(response, error instanceof ApiError ? error : new ApiError(500, String(error)), api.errorBody);
  }
}

export function sendError(response: HttpResponse, error: ApiError, bodyOf = errorBody): void {
  if (response.headersSent) return void response.destroy();
  response.sendDate = false;
  response.writeHead(error.status, { "content-type": "application/json", ...error.headers });
  response.end(JSON.stringify(bodyOf(error)));
}

/** As a bearer token, or in Anthropic's header. @throws ApiError when a key is required and this is another or none. */
export function checkKey({ requireKey }: Mimic, { headers }: HttpRequest): void {
  if (requireKey === null) return;
  if (headers.authorization !== `Bearer ${requireKey}` && headers["x-api-key"] !== requireKey)
    throw new ApiError(401, "the API key is missing or wrong");
}

function reply(mimic: Mimic, api: Api, behaviour: Behaviour, text: string, response: HttpResponse): void {
  const body = parse(text);
  checkModel(mimic, body);
  const ask = api.read(body, behaviour);
  const composed = composeReply(mimic, api.path, text, ask, behaviour);
  const context: ReplyContext = { reply: composed.reply, model: mimic.model, behaviour, ask, cachedTokens: 0 };
  sendReply(mimic, api, composed, context, response);
}

function cannedAnswer(canned: CannedAnswer | ApiError, api: Api): CannedAnswer {
  if (!(canned instanceof ApiError)) return canned;
  const headers = { "content-type": "application/json", ...canned.headers };
  return { status: canned.status, headers, body: JSON.stringify(api.errorBody(canned)) };
}

function chosenBehaviour(mimic: Mimic, request: HttpRequest): Behaviour {
  const header = request.headers["x-mimic-fault"];
  try {
    return behaviourFor(typeof header === "string" ? header : mimic.fault);
  } catch (error) {
    throw error instanceof RangeError ? new ApiError(400, error.message, { param: "x-mimic-fault" }) : error;
  }
}

function parse(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(body)) throw new ApiError(400, "the body must be a JSON object");
  return body;
}

/** A request without a model gets the one that is served, as in vLLM. */
function checkModel({ model }: Mimic, body: JsonObject): void {
  const asked = body["model"] ?? model;
  if (asked !== model)
    throw new ApiError(404, `the model ${JSON.stringify(asked)} does not exist; this server has "${model}"`, {
      param: "model",
    });
}

function closeWhenIdle(response: HttpResponse, idleMs: number): void {
  const { socket } = response;
  response.once("finish", () => {
    const read = socket?.bytesRead;
    // A connection that has read more since then is not idle.
    setTimeout(() => read === socket?.bytesRead && socket?.end(), idleMs);
  });
}
