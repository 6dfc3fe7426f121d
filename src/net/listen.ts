/**
 * Listening, on loopback and nowhere else. The address that the system really bound is checked, not the name asked for.
 */
import { lookup } from "node:dns/promises";
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { acceptedStream, type ByteStream } from "./byte-stream.ts";
import { isLoopback } from "./loopback.ts";
import { type Authority, isMinted } from "./authority.ts";
import { countConnections } from "./count-connections.ts";
import type { AuthorityUse } from "./gate.ts";
import { refuseWithoutGuard } from "./refuse-without-guard.ts";
import { admitListener, withLookUp } from "./tickets.ts";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";

export interface Listener {
  readonly port: number;
  readonly server: Server;
  /** What it was used for up to now. */
  use(): AuthorityUse;
  /** Stops accepting and ends every connection. */
  close(): Promise<void>;
}

const listening = new Set(["localhost-proxy", "localhost-daemon", "loopback-prometheus", "loopback-mimic"]);

/**
 * An HTTP/1.1 server at the authority's host and port (0: an ephemeral one). Each write leaves at once (TCP_NODELAY).
 * @param limits Node's own, where the server's are to be others
 * @throws UserError when the host is not loopback, the port is taken or the guard could not be installed.
 */
export async function listenHttp(
  authority: Authority,
  handler: RequestListener,
  limits: ServerOptions = {},
): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAlive: true, ...limits }, handler);
  const use = countConnections(server, authority);
  const port = await listen(authority, server);
  return { port, server, use, close: () => close(server, () => server.closeAllConnections()) };
}

/**
 * A TCP server there, for who passes bytes on: each side of a connection can end while the other goes on.
 * @throws UserError as listenHttp does.
 */
export async function listenTcp(
  authority: Authority,
  onConnection: (connection: ByteStream) => void,
): Promise<Omit<Listener, "server" | "use">> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    onConnection(acceptedStream(socket));
  });
  const port = await listen(authority, server);
  return { port, close: () => close(server, () => sockets.forEach((socket) => socket.destroy())) };
}

/** @returns the port that the server got */
async function listen(authority: Authority, server: TcpServer): Promise<number> {
  if (!isMinted(authority) || !listening.has(authority.category))
    throw new TypeError(`${authority.category} is no authority to listen`);
  refuseWithoutGuard();
  const host = await addressOf(authority);
  // Checked before anything listens, and again after.
  if (!isLoopback(host)) throw notLoopback(authority);
  const takeTicketBack = admitListener(host, authority.port);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(authority, error)));
    server.listen(authority.port, host, resolve);
  }).finally(takeTicketBack);
  const address = server.address();
  if (address === null || typeof address === "string" || !isLoopback(address.address)) {
    server.close();
    throw notLoopback(authority);
  }
  return address.port;
}

/** Only the system knows what localhost is; no other name is looked up. */
async function addressOf(authority: Authority): Promise<string> {
  if (authority.host !== "localhost") return authority.host;
  try {
    const { address } = await withLookUp("localhost", () => lookup("localhost"));
    return address;
  } catch (error) {
    throw cannotListen(authority, error as Error);
  }
}

/** Stops accepting, and waits for the end of every connection. */
export function close(server: TcpServer, endConnections: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    endConnections();
  });
}

function notLoopback(authority: Authority): UserError {
  return new UserError(`${authority.host} is not a loopback address`, {
    exitCode: exitCode.refused,
    hint: "use 127.0.0.1 or ::1: InferGuard never listens to the network",
  });
}

function cannotListen(authority: Authority, error: Error): UserError {
  const code = systemErrorCode(error);
  const why =
    code === "EADDRINUSE" ? "the port is taken" : code === "EACCES" ? "the system does not allow it" : error.message;
  return new UserError(`cannot listen on ${authority.host}:${authority.port}: ${why}`, {
    exitCode: exitCode.cannotRun,
    hint: `choose another port with ${authority.flag}`,
    cause: error,
  });
}
