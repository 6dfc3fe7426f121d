/** A wire tap before a server: passes everything on as it is, and keeps what each connection carried, both ways. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Tapped {
  /** One character for each byte. */
  toServer: string;
  fromServer: string;
}

export interface Tap {
  readonly port: number;
  readonly connections: readonly Tapped[];
  close(): Promise<void>;
}

export async function startTap(serverPort: number): Promise<Tap> {
  const connections: Tapped[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const carried: Tapped = { toServer: "", fromServer: "" };
    connections.push(carried);
    const inner = connect({ port: serverPort, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => {
        carried[from === client ? "toServer" : "fromServer"] += bytes.toString("latin1");
        to.write(bytes);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => sockets.delete(from));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
