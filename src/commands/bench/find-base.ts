/** Where the API is when it is not where the endpoint's URL says: the usual places, each asked for its models. */
import type { EndpointAddress } from "../../endpoint/address.ts";
import { listModels } from "../../endpoint/list-models.ts";
import type { ExchangeLimits, HttpClient, HttpRequest } from "../../net/http-client.ts";

export type GetRequest = Omit<HttpRequest, "method" | "body">;

/** What it takes to ask the server more. */
export interface Asking {
  address: EndpointAddress;
  client: HttpClient;
  get(this: void, path: string): GetRequest;
  limits: ExchangeLimits;
}

/** A sentence that names the right `--endpoint`, or null. */
export async function hintAtBase({ address, client, get, limits }: Asking): Promise<string | null> {
  for (const base of ["/v1", "/openai/v1", "/api/v1"]) {
    if (base === address.basePath) continue;
    const answer = await listModels(client, get(`${base}/models`), limits);
    if ("models" in answer) return `the API seems to be under ${base}: use --endpoint ${address.origin}${base}`;
  }
  return null;
}
