/** A program that makes one exchange, says how it ended, and leaves it to Node to see that nothing is left to wait for. */
import { mintAuthority } from "./authority.ts";
import { openGate } from "./gate.ts";
import type { ExchangeLimits } from "./http-client.ts";
import { openHttpClient } from "./open-http-client.ts";

const { port, limits } = JSON.parse(process.argv[2] ?? "") as { port: number; limits: ExchangeLimits };
const authority = mintAuthority("inference-endpoint", "127.0.0.1", port, "--endpoint");
const client = openHttpClient(openGate(), "reuse");
const { signal } = new AbortController();
const request = { authority, tls: null, method: "GET", path: "/", headers: [], body: null } as const;
const { failure } = await client.exchange(request, { ...limits, signal });
client.close();
console.log(failure?.kind ?? "done");
