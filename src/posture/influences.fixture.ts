/** A program for tests: `influences.fixture.ts PORT [tls]` makes one exchange with 127.0.0.1 and says how it ended. */
import { mintAuthority } from "../net/authority.ts";
import { openGate } from "../net/gate.ts";
import { openHttpClient } from "../net/open-http-client.ts";

const [port, tls] = process.argv.slice(2);
const authority = mintAuthority("inference-endpoint", "127.0.0.1", Number(port), "--endpoint");
const client = openHttpClient(openGate(), "new");
const { failure } = await client.exchange(
  {
    authority,
    tls: tls === "tls" ? { serverName: "localhost", ca: null, insecure: false } : null,
    method: "GET",
    path: "/",
    headers: [],
    body: null,
  },
  { connectTimeoutMs: 10_000, requestTimeoutMs: null, idleTimeoutMs: 10_000 },
);
client.close();
process.stdout.write(failure?.kind ?? "done");
