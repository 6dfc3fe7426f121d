/**
 * Servers that misbehave on purpose: raw sockets on 127.0.0.1, whose script says which bytes go out and when. They close
 * themselves when the test that made them ends.
 */
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import { sleep } from "../src/clock.ts";

export interface RawServer {
  readonly port: number;
  /** How many connections it has accepted. */
  readonly connections: number;
  /** How many of them the client has not ended. */
  readonly open: number;
}

export interface RawConnection {
  /** 0 for the first connection that the server accepted. */
  readonly number: number;
  /** The local address that the client connected to. */
  readonly address: string;
  /** The next whole request, head and body; null when the client has ended. */
  request(): Promise<string | null>;
  /** Resolves when the system has taken the bytes. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** The same bytes again and again with this pause, until the client goes. */
  drip(bytes: string, everyMs: number): Promise<void>;
  /** The orderly end: FIN. */
  end(): void;
  /** The disorderly end: RST. */
  reset(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** What a server does on each connection. A rejection fails the test. */
export type Script = (connection: RawConnection) => Promise<void> | void;

/** A certificate of test/fixtures/tls, by the name it is for. */
export type CertificateName = "localhost" | "other.example";

const tlsFixtures = new URL("fixtures/tls/", import.meta.url);

/** The PEM text of a certificate: self-signed, so it is also the authority to trust. */
export function certificate(name: CertificateName): string {
  return readFileSync(new URL(`${name}.pem`, tlsFixtures), "utf8");
}

/** An answer with a Content-Length. */
export function counted(body: string, headers = ""): string {
  return `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Answers every request of a connection alike, and ends when the client does. */
export function answering(answer: string): Script {
  return async (connection) => {
    while ((await connection.request()) !== null) await connection.write(answer);
    connection.end();
  };
}

/** `tls` makes it a TLS server with that certificate. */
export async function startServer(
  script: Script,
  options: { tls?: CertificateName; host?: string } = {},
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const open = new Set<Socket>();
  let connections = 0;
  const accept = (socket: Socket, wire: Socket) => {
    sockets.add(socket);
    open.add(socket);
    socket.once("end", () => open.delete(socket));
    socket.once("close", () => {
      sockets.delete(socket);
      open.delete(socket);
    });
    void script(driveConnection(socket, wire, connections++));
  };
  const server =
    options.tls === undefined
      ? createServer({ noDelay: true, allowHalfOpen: true }, (socket) => accept(socket, socket))
      : acceptTls(options.tls, accept);
  await new Promise<void>((resolve) => server.listen(0, options.host ?? "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
  };
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function acceptTls(name: CertificateName, accept: (socket: Socket, wire: Socket) => void): Server {
  const server = createTlsServer({ key: readFileSync(new URL("key.pem", tlsFixtures)), cert: certificate(name) });
  const wires = new Map<number | undefined, Socket>();
  server.on("connection", (wire: Socket) => wires.set(wire.remotePort, wire.setNoDelay(true)));
  server.on("secureConnection", (socket) => accept(socket, wires.get(socket.remotePort) ?? socket));
  return server;
}

function driveConnection(socket: Socket, wire: Socket, number: number): RawConnection {
  let received = "";
  let ended = false;
  let wake = () => {};
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const finish = () => {
    ended = true;
    wake();
  };
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
    wake();
  });
  socket.on("end", finish).on("close", finish);
  // The client is expected to go without a word.
  socket.on("error", () => {});

  return {
    number,
    address: socket.localAddress ?? "",
    closed,
    async request() {
      for (;;) {
        const length = requestLength(received);
        if (length !== null && received.length >= length) {
          const request = received.slice(0, length);
          received = received.slice(length);
          return request;
        }
        if (ended) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.writable) socket.write(bytes, () => resolve());
        else resolve();
      }),
    async drip(bytes, everyMs) {
      while (socket.writable) {
        socket.write(bytes);
        await sleep(everyMs);
      }
    },
    end: () => void socket.end(),
    reset: () => void wire.resetAndDestroy(),
  };
}

/** Head and body together; null while the head is not whole. */
function requestLength(received: string): number | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const length = /\r\nContent-Length: (\d+)/i.exec(received.slice(0, headEnd))?.[1] ?? "0";
  return headEnd + 4 + Number(length);
}
