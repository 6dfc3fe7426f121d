/** The proxy in front of a test's server, with a watcher that remembers what it was told. */
import { onTestFinished } from "vitest";
import { mintAuthority } from "../net/authority.ts";
import { openGate } from "../net/gate.ts";
import type { TlsSettings } from "../net/http-client.ts";
import type { ExchangeEnd, ExchangeWatcher, RequestHead } from "./exchange.ts";
import { startProxy, type TraceProxy } from "./proxy.ts";
import type { EndpointFront } from "./request-head.ts";

/** What the watcher heard of one exchange. */
export interface Told {
  head: RequestHead;
  requestBody: string;
  requestEnded: boolean;
  sent: boolean;
  status: number | null;
  responseHeaders: ReadonlyMap<string, string>;
  responseBody: string;
  lost: number;
  end: ExchangeEnd | null;
}

export interface Traced {
  proxy: TraceProxy;
  port: number;
  exchanges: Told[];
}

export async function traced(
  port: number,
  options: Partial<EndpointFront> & { tls?: TlsSettings; watcher?: ExchangeWatcher; host?: string } = {},
): Promise<Traced> {
  const exchanges: Told[] = [];
  const gate = openGate();
  const { tls = null, watcher = remembering(exchanges), host = "127.0.0.1", ...front } = options;
  const proxy = await startProxy({
    listen: mintAuthority("localhost-proxy", "127.0.0.1", 0, "--listen"),
    gate,
    endpoint: {
      authority: mintAuthority("inference-endpoint", host, port, "--endpoint"),
      tls,
      host: `${host}:${port}`,
      prefix: "",
      query: "",
      takesKeys: true,
      ...front,
    },
  });
  proxy.serve(watcher);
  onTestFinished(async () => {
    await proxy.close();
    gate.close();
  });
  return { proxy, port: proxy.port, exchanges };
}

function remembering(exchanges: Told[]): ExchangeWatcher {
  return {
    begin(head) {
      const told: Told = {
        head,
        requestBody: "",
        requestEnded: false,
        sent: false,
        status: null,
        responseHeaders: new Map(),
        responseBody: "",
        lost: 0,
        end: null,
      };
      exchanges.push(told);
      return {
        requestBody(bytes) {
          told.requestBody += Buffer.from(bytes).toString("latin1");
        },
        requestEnd() {
          told.requestEnded = true;
        },
        sent() {
          told.sent = true;
        },
        responseHead(status, headers) {
          told.status = status;
          told.responseHeaders = headers;
        },
        responseBody(bytes) {
          told.responseBody += Buffer.from(bytes).toString("latin1");
        },
        bodyLost(_, bytes) {
          told.lost += bytes;
        },
        end(end) {
          told.end = end;
        },
      };
    },
  };
}
