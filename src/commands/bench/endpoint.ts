/** The endpoint of a run, reached: a mimic started if none was named, the connection checked, the model known. */
import { dialects } from "../../endpoint/dialects/table.ts";
import type { EndpointAddress } from "../../endpoint/address.ts";
import { streamRequest } from "../../endpoint/stream-request.ts";
import type { Send } from "../../load/send-request.ts";
import type { Gate } from "../../net/gate.ts";
import type { ExchangeLimits, HttpClient, HttpRequest, TlsSettings } from "../../net/http-client.ts";
import type { BenchPlan } from "../../runs/schemas/bench-plan.ts";
import { version } from "../../version.ts";
import { checkConnection } from "./connect.ts";
import { chooseModel } from "./choose-model.ts";
import type { GetRequest } from "./find-base.ts";
import { startMimicProcess } from "./mimic-process.ts";
import type { BenchListener, BenchOptions, EndpointTarget } from "./options.ts";

export interface Endpoint {
  address: EndpointAddress;
  model: string;
  planned: BenchPlan["target"];
  /** A GET of this path with the endpoint's own headers. */
  get(path: string): GetRequest;
  /** One streaming request. */
  send: Send;
  /** Ends the mimic, if there is one. */
  stop(): Promise<void>;
}

/** For what is asked beside the load: no answer may hold up the run. */
export function askingLimits(options: BenchOptions, signal: AbortSignal): ExchangeLimits {
  const { connectTimeoutMs, idleTimeoutMs } = options;
  return { connectTimeoutMs, idleTimeoutMs, requestTimeoutMs: 30_000, signal };
}

/** @throws UserError when it cannot be reached, or its model is not known. */
export async function reachEndpoint(
  options: BenchOptions,
  gate: Gate,
  client: HttpClient,
  listener: BenchListener,
): Promise<Endpoint> {
  const { target, stop } = await targetOf(options);
  try {
    const { address, authority } = target;
    const tls: TlsSettings | null = address.tls ? { serverName: address.host, ...options.tls } : null;
    const headers = [
      ...target.headers,
      ["Accept-Encoding", "identity"],
      ["User-Agent", `inferguard/${version}`],
    ] as const;
    const get = (path: string): GetRequest => ({
      authority,
      tls,
      path: `${path}${address.query}`,
      headers: [...headers, ["Accept", "application/json"]],
    });
    const { guardsKey } = target;
    const guardsProxyKey = options.proxy?.guardsKey === true;
    const { connectTimeoutMs: timeoutMs } = options;
    await checkConnection(gate, authority, tls, { timeoutMs, guardsKey, guardsProxyKey, ...listener });
    const limits = askingLimits(options, listener.signal);
    const model = await chooseModel(target.model, { address, client, get, limits });

    const dialect = dialects[address.api];
    const send: Send = (prompt, observer, signal) => {
      const { streamUsage, body } = target;
      const settings = { model, outputTokens: prompt.outputTokens, streamUsage, body };
      const request: HttpRequest = {
        authority,
        tls,
        method: "POST",
        path: `${address.path}${address.query}`,
        headers: [...headers, ["Accept", "text/event-stream"], ["Content-Type", "application/json"]],
        body: Buffer.from(JSON.stringify(dialect.encode(prompt.content, settings))),
      };
      const { connectTimeoutMs, requestTimeoutMs, idleTimeoutMs, saveText: keepText } = options;
      return streamRequest(
        client,
        request,
        dialect,
        { connectTimeoutMs, requestTimeoutMs, idleTimeoutMs, signal },
        { keepText, observer },
      );
    };
    return { address, model, planned: plannedTarget(options, target, model), get, send, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function targetOf(options: BenchOptions): Promise<{ target: EndpointTarget; stop(): Promise<void> }> {
  if (options.target.kind === "endpoint") return { target: options.target, stop: async () => {} };
  const mimic = await startMimicProcess(options.target, options.seed);
  const { address, authority, stop } = mimic;
  return {
    target: {
      kind: "endpoint",
      address,
      authority,
      model: null,
      headers: [],
      guardsKey: false,
      body: {},
      streamUsage: true,
    },
    stop,
  };
}

function plannedTarget(options: BenchOptions, target: EndpointTarget, model: string): BenchPlan["target"] {
  const { origin, path, api } = target.address;
  return {
    kind: options.target.kind,
    origin,
    path,
    api,
    model,
    stream_usage: target.streamUsage,
    connections: options.connections,
    insecure: options.tls.insecure,
    ...(options.proxy === null ? {} : { proxy: options.proxy.origin }),
    header_names: target.headers.map(([name]) => name),
    body_fields: Object.keys(target.body),
  };
}
