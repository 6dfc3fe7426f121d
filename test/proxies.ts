/** An HTTP proxy on loopback that makes tunnels: real sockets both ways, and a record of what it was asked for. */
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import { certificate } from "./servers.ts";

export interface Proxy {
  readonly port: number;
  /** `127.0.0.1:8000`, one for each tunnel that was asked for. */
  readonly asked: string[];
  /** The whole heads, in the same order. */
  readonly heads: string[];
  /** The proxy's own bytes on the wire, from the clients and to them. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Closes itself when the test that made it ends. `answer` is what it says instead of making tunnels. */
export async function startProxy(options: { tls?: boolean; answer?: string | null } = {}): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const wires: Socket[] = [];
  const asked: string[] = [];
  const heads: string[] = [];
  const remember = (socket: Socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    return socket;
  };

  function serve(client: Socket): void {
    remember(client);
    let head = "";
    client.on("data", function read(bytes) {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      client.off("data", read);
      const [, host = "", port = ""] = /^CONNECT \[?([^\s\]]+)\]?:(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      asked.push(`${host}:${port}`);
      heads.push(head);
      if (options.answer === null) return void client.end();
      if (options.answer !== undefined) return void client.write(options.answer);
      // A name of a test has no address but loopback's.
      const upstream = remember(connect(Number(port), host.endsWith(".example") ? "127.0.0.1" : host));
      upstream.on("connect", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(upstream).pipe(client);
      });
      upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
      client.on("close", () => upstream.destroy());
    });
  }

  const server: Server = options.tls === true ? secureServer() : createServer({ noDelay: true }, serve);
  if (options.tls === true) server.on("secureConnection", serve);
  server.on("connection", (wire: Socket) => wires.push(wire));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    heads,
    get bytesIn() {
      return wires.reduce((sum, wire) => sum + wire.bytesRead, 0);
    },
    get bytesOut() {
      return wires.reduce((sum, wire) => sum + wire.bytesWritten, 0);
    },
  };
}

function secureServer(): Server {
  const key = readFileSync(new URL("fixtures/tls/key.pem", import.meta.url));
  return createTlsServer({ key, cert: certificate("localhost") });
}
