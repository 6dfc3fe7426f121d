/**
 * The outside of an airlock: a Unix socket for each address of each authorised endpoint. What arrives there is carried
 * through the gate, as it is, to that address and nowhere else.
 */
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Authority } from "../authority.ts";
import type { Connection } from "../connection.ts";
import type { Gate } from "../gate.ts";
import { admitListener } from "../tickets.ts";
import type { AirlockSettings } from "./airlock-inside.ts";
import { type Allowed, mayListen } from "./destination.ts";

export interface Relays {
  endpoints: AirlockSettings["endpoints"];
  close(): void;
}

/** The command has its own, shorter patience. */
const CONNECT_TIMEOUT_MS = 120_000;

export async function openRelays(gate: Gate, allowed: readonly Allowed[], folder: string): Promise<Relays> {
  const endpoints: AirlockSettings["endpoints"] = [];
  const servers: Server[] = [];
  for (const { authority, addresses } of allowed.filter((each) => !mayListen(each.authority))) {
    for (const address of addresses) {
      // Two flags can name the same server.
      if (endpoints.some((each) => each.address === address && each.port === authority.port)) continue;
      const socket = join(folder, `endpoint-${endpoints.length}`);
      endpoints.push({ address, port: authority.port, socket });
      servers.push(await listen(socket, (inner) => void carry(inner, gate, authority, address)));
    }
  }
  return {
    endpoints,
    close() {
      for (const server of servers) server.close();
    },
  };
}

async function carry(inner: Socket, gate: Gate, authority: Authority, address: string): Promise<void> {
  inner.on("error", () => inner.destroy());
  const result = await gate.connect(authority, null, { timeoutMs: CONNECT_TIMEOUT_MS, address });
  if ("failure" in result) inner.destroy();
  else if (inner.destroyed) result.connection.destroy();
  else splice(inner, result.connection);
}

function splice(inner: Socket, outer: Connection): void {
  outer.receive({
    // The bytes lie in a buffer that the next read overwrites.
    onBytes: (bytes) => inner.write(Uint8Array.from(bytes)),
    onEnd: () => inner.end(),
  });
  inner.on("data", (bytes) => outer.write(bytes));
  inner.on("close", () => outer.destroy());
}

async function listen(path: string, onConnection: (inner: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  const takeTicketBack = admitListener(path, null);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  }).finally(takeTicketBack);
  return server;
}
