/**
 * Whether a server that a run reached is a mimic, whatever flag named it: what is measured of that one is as synthetic as
 * what is measured of the mimic that a bench starts for itself.
 */
import { mimicServer } from "../../endpoint/dialects/mimic-server.ts";
import type { HttpClient } from "../../net/http-client.ts";

/** The claim of a run that reached one. */
export const synthetic = {
  claim: "synthetic",
  claim_why: "the endpoint is InferGuard's own simulated engine",
} as const;

/** The same client, which also knows whether a mimic has answered it. */
export interface NoticingClient extends HttpClient {
  readonly metMimic: boolean;
}

export function noticeMimic(client: HttpClient): NoticingClient {
  let metMimic = false;
  return {
    exchange: (request, limits, observer) =>
      client.exchange(request, limits, observer).then((exchange) => {
        metMimic ||= exchange.head?.headers.get("server") === mimicServer;
        return exchange;
      }),
    close: () => client.close(),
    get metMimic() {
      return metMimic;
    },
  };
}
