/** POST /v1/embeddings: OpenAI's Embeddings API. The engine only reads: prefill, and no output tokens. */
import { errorBody } from "../api-error.ts";
import { seededRandom } from "../../random.ts";
import { tokenise } from "../tokens.ts";
import type { Api, Ask, JsonObject, ReplyContext, Usage } from "./api.ts";
import { badField, readCount } from "./read.ts";

export const embeddings: Api = { path: "/v1/embeddings", read, whole, stream, errorBody };

const defaultDimensions = 128;

function read(body: JsonObject): Ask {
  const format = body["encoding_format"] ?? "float";
  if (format !== "float" && format !== "base64") throw badField("encoding_format", "must be float or base64");
  return {
    stream: false,
    includeUsage: false,
    usageOnEveryEvent: false,
    inputTokens: inputsOf(body).flat(),
    maxTokens: 0,
    minTokens: 0,
    ignoreEos: false,
    body,
    tool: null,
  };
}

/** Text or token numbers, or a list of either; each its own vector, all of them one request to the engine. */
function inputsOf({ input }: JsonObject): string[][] {
  if (typeof input === "string") return [tokenise(input)];
  if (!Array.isArray(input) || input.length === 0)
    throw badField("input", "must be text, token numbers or a list of them");
  if (input.every((token) => typeof token === "number")) return [input.map(String)];
  return input.map((one: unknown) => {
    if (typeof one === "string") return tokenise(one);
    if (Array.isArray(one) && one.every((token) => typeof token === "number")) return one.map(String);
    throw badField("input", "must be text, token numbers or a list of them");
  });
}

function whole({ reply, model, ask }: ReplyContext, _finish: unknown, usage: Usage | null): unknown {
  const dimensions = readCount(ask.body, "dimensions", 1) ?? defaultDimensions;
  const data = inputsOf(ask.body).map((tokens, index) => {
    const vector = unitVector(tokens.join(" "), dimensions);
    const embedding =
      ask.body["encoding_format"] === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return { object: "embedding", index, embedding };
  });
  const prompt_tokens = usage?.inputTokens ?? 0;
  return {
    ...{ id: `embd-${reply.id}`, object: "list", created: reply.created, model, data },
    ...(usage && { usage: { prompt_tokens, total_tokens: prompt_tokens, completion_tokens: 0 } }),
  };
}

/** The same text always gets the same vector, whatever the seed. */
function unitVector(text: string, dimensions: number): Float32Array {
  const random = seededRandom(text, "embedding");
  const vector = Float32Array.from({ length: dimensions }, () => random.normal());
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function stream(): never {
  throw new TypeError("embeddings are not streamed");
}
