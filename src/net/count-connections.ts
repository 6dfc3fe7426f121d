/** What a listener was used for: its connections and their bytes, for the egress record. */
import type { Server, Socket } from "node:net";
import type { Authority } from "./authority.ts";
import type { AuthorityUse } from "./gate.ts";

/** Counts from now on. */
export function countConnections(server: Server, authority: Authority): () => AuthorityUse {
  const open = new Set<Socket>();
  let connections = 0;
  let closedOut = 0;
  let closedIn = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      closedOut += socket.bytesWritten;
      closedIn += socket.bytesRead;
    });
  });
  return () => ({
    authority,
    via: null,
    addresses: 0,
    lookups: 0,
    connections,
    bytesOut: [...open].reduce((sum, socket) => sum + socket.bytesWritten, closedOut),
    bytesIn: [...open].reduce((sum, socket) => sum + socket.bytesRead, closedIn),
  });
}
