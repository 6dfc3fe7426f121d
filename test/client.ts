/** The real client, pointed at a test server. What it holds is closed when the test ends. */
import { onTestFinished } from "vitest";
import { sleep } from "../src/clock.ts";
import { mintAuthority } from "../src/net/authority.ts";
import { type Gate, openGate, type ProxySettings, type ResolveOverride } from "../src/net/gate.ts";
import type { Exchange, ExchangeLimits, ExchangeObserver, HttpRequest, TlsSettings } from "../src/net/http-client.ts";
import { openHttpClient } from "../src/net/open-http-client.ts";

/** Limits that no test reaches. */
export const patient: ExchangeLimits = { connectTimeoutMs: 10_000, requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 };

/** Until the client has seen that a server keeps connections after a reply: before, it uses none again. */
export async function untilHabitIsKnown(): Promise<void> {
  await sleep(60);
  // On a busy machine the client's own timer may fire in the same turn as this one: it has a few turns of its own to go.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface TestClient {
  readonly gate: Gate;
  readonly request: HttpRequest;
  /** One GET of `/`, unless `changes` say otherwise, with its body as text. */
  get(
    limits?: Partial<ExchangeLimits>,
    observer?: ExchangeObserver,
    changes?: Partial<HttpRequest>,
  ): Promise<Exchange & { body: string }>;
  close(): void;
}

export function openClient(
  port: number,
  options: {
    connections?: "reuse" | "new";
    host?: string;
    resolve?: ResolveOverride[];
    proxy?: ProxySettings;
    tls?: Partial<TlsSettings>;
  } = {},
): TestClient {
  const host = options.host ?? "127.0.0.1";
  const authority = mintAuthority("inference-endpoint", host, port, "--endpoint");
  const gate = openGate({ resolve: options.resolve ?? [], proxy: options.proxy ?? null });
  onTestFinished(() => gate.close());
  const client = openHttpClient(gate, options.connections ?? "reuse");
  const tls = options.tls === undefined ? null : { serverName: host, ca: null, insecure: false, ...options.tls };
  const request: HttpRequest = { authority, tls, method: "GET", path: "/", headers: [], body: null };
  return {
    gate,
    request,
    close: () => client.close(),
    async get(limits = {}, observer = {}, changes = {}) {
      const body: Buffer[] = [];
      const exchange = await client.exchange(
        { ...request, ...changes },
        { ...patient, ...limits },
        {
          ...observer,
          onBody(bytes, from, to, atMs) {
            body.push(Buffer.from(bytes.subarray(from, to)));
            return observer.onBody?.(bytes, from, to, atMs);
          },
        },
      );
      return { ...exchange, body: Buffer.concat(body).toString() };
    },
  };
}
