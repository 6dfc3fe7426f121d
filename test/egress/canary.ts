/**
 * What a probe tries to reach: a host of this machine's loopback that nobody authorised, by TCP, UDP and a Unix socket, and
 * by way of a redirect and of a proxy. It counts whatever arrives. Nothing here can leave the machine.
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An address of 127.0.0.0/8 that is not the one which everything else uses. */
export const HOST = "127.0.0.9";

export interface Target {
  host: string;
  port: number;
  udpPort: number;
  /** At 127.0.0.1, for a probe that connects to localhost. */
  namePort: number;
  /** Answers every request with a redirect to the canary, and counts nothing. */
  redirectPort: number;
  proxyPort: number;
  unixPath: string;
  /** For the probe's own files. */
  directory: string;
  /** At which nothing listens yet. */
  freePort: number;
}

export interface Canary {
  target: Target;
  hits(): number;
  close(): void;
}

/** @param host an address of this machine */
export async function startCanary(host = HOST): Promise<Canary> {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-canary-"));
  const unixPath = join(directory, "relay.sock");
  let hits = 0;
  const sockets = new Set<Socket>();
  const serve = (answer: string, counts: boolean) =>
    createServer((socket) => {
      if (counts) hits++;
      sockets.add(socket);
      // What asks for a tunnel would otherwise take the answer for one, and go on waiting for the other end.
      socket.on("error", () => {}).on("data", (data) => socket.end(data.includes("CONNECT ") ? noTunnel : answer));
    });
  const noTunnel = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
  const servers = [serve(hello, true), serve(hello, true), serve(hello, true), serve(hello, true)];
  const [tcp, byName, proxy, unix] = servers as [Server, Server, Server, Server];
  const port = await listen(tcp, { port: 0, host });
  const redirect = serve(`HTTP/1.1 302 Found\r\nLocation: http://${host}:${port}/\r\nConnection: close\r\n\r\n`, false);
  const udp = createSocket("udp4", () => hits++);
  await new Promise<void>((resolve) => udp.bind(0, host, resolve));
  await listen(unix, { path: unixPath });
  const freePort = await findFreePort();

  return {
    target: {
      host,
      port,
      udpPort: udp.address().port,
      namePort: await listen(byName, { port: 0, host: "127.0.0.1" }),
      redirectPort: await listen(redirect, { port: 0, host: "127.0.0.1" }),
      proxyPort: await listen(proxy, { port: 0, host: "127.0.0.1" }),
      unixPath,
      directory,
      freePort,
    },
    hits: () => hits,
    close() {
      for (const server of [...servers, redirect]) server.close();
      for (const socket of sockets) socket.destroy();
      udp.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Below those that systems hand out, so that nobody else's server is there by the time it is tried. */
async function findFreePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await listen(server, { port: randomInt(20_000, 30_000), host: "127.0.0.1" }).catch(() => null);
    await new Promise((resolve) => server.close(resolve));
    if (port !== null) return port;
  }
}

function listen(server: Server, at: { port: number; host: string } | { path: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => resolve((server.address() as AddressInfo).port));
  });
}
