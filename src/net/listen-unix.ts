/**
 * Listening on a Unix socket, in a directory that is its owner's alone. The socket has the mode 0600 from its first moment
 * on, whatever the umask.
 */
import { createServer, type RequestListener, type ServerOptions } from "node:http";
import { exitCode, messageOf, systemErrorCode, UserError } from "../errors.ts";
import { type Authority, isMinted, isUnixSocket } from "./authority.ts";
import { countConnections } from "./count-connections.ts";
import { close, type Listener } from "./listen.ts";
import { refuseWithoutGuard } from "./refuse-without-guard.ts";
import { admitListener } from "./tickets.ts";

/** The kernel's `sun_path` has 108 bytes, of which the last is 0. Node cuts a longer path without a word. */
const longestPathBytes = 107;

/**
 * An HTTP/1.1 server at the socket that the authority names.
 * @throws UserError (exit code 3) when there is something at the path, the path is too long or the system refuses.
 */
export async function listenUnix(
  authority: Authority,
  handler: RequestListener,
  limits: ServerOptions = {},
): Promise<Listener> {
  if (!isMinted(authority) || !isUnixSocket(authority))
    throw new TypeError(`${authority.category} is no authority to listen on a Unix socket`);
  refuseWithoutGuard();
  const path = authority.host;
  if (Buffer.byteLength(path) > longestPathBytes)
    throw new UserError(`the path of a Unix socket may have ${longestPathBytes} bytes, and ${path} has more`, {
      exitCode: exitCode.cannotRun,
      hint: "set XDG_RUNTIME_DIR to a directory of yours with a shorter path",
    });
  const server = createServer(limits, handler);
  const use = countConnections(server, authority);
  const takeTicketBack = admitListener(path, null);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(path, error)));
    // Node makes the socket before listen() returns.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  }).finally(takeTicketBack);
  return {
    port: 0,
    server,
    use,
    close: () => close(server, () => server.closeAllConnections()),
  };
}

function cannotListen(path: string, error: Error): UserError {
  const why = systemErrorCode(error) === "EADDRINUSE" ? "there is something of that name" : messageOf(error);
  return new UserError(`cannot listen on ${path}: ${why}`, {
    exitCode: exitCode.cannotRun,
    hint: "see whether a daemon is running: inferguard daemon status",
    cause: error,
  });
}
