/** Which models the server says it serves: GET /models. */
import { monotonicMs } from "../clock.ts";
import { getWhole } from "../net/get-whole.ts";
import type { ExchangeLimits, HttpClient, HttpRequest } from "../net/http-client.ts";
import { isRecord } from "./dialects/read-json.ts";

export type ModelList = { models: string[] } | { status: number } | { problem: string };

const MAX_BYTES = 4 * 1024 * 1024;

/** `{status}` when it answers anything but 200; `{problem}` when no list came. It never rejects. */
export async function listModels(
  client: HttpClient,
  request: Omit<HttpRequest, "method" | "body">,
  limits: ExchangeLimits,
): Promise<ModelList> {
  const fetched = await getWhole(client, request, { ...limits, maxBytes: MAX_BYTES, startMs: monotonicMs() });
  if ("failure" in fetched) return { problem: fetched.failure.message };
  if (fetched.head.status !== 200) return { status: fetched.head.status };
  try {
    const document: unknown = JSON.parse(fetched.body.toString("utf8"));
    const data = isRecord(document) ? document["data"] : null;
    if (!Array.isArray(data)) return { problem: "the answer holds no list of models" };
    return { models: data.filter(isRecord).map((model) => String(model["id"])) };
  } catch {
    return { problem: "the answer is not JSON" };
  }
}
