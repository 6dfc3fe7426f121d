/** The daemon's two servers: the Unix socket of its user and the port of this machine. */
import { rmSync } from "node:fs";
import { limitConnections, serverLimits } from "../../daemon/answer.ts";
import { createControlApi } from "../../daemon/control-api.ts";
import { createHttpApi, type DaemonSources } from "../../daemon/http-api.ts";
import type { AuthorityUse } from "../../net/gate.ts";
import { type Listener, listenHttp } from "../../net/listen.ts";
import { listenUnix } from "../../net/listen-unix.ts";
import type { DaemonOptions } from "./options.ts";

export interface DaemonListeners {
  /** The port that it got. */
  port: number;
  uses(): AuthorityUse[];
  close(): Promise<void>;
}

/** Whoever holds the lock may take the socket of a daemon that was killed away. @throws UserError when it cannot listen */
export async function openListeners(
  options: DaemonOptions,
  token: string,
  { sources, stop }: { sources: () => DaemonSources | null; stop: () => void },
): Promise<DaemonListeners> {
  const open: Listener[] = [];
  const close = async () => void (await Promise.all(open.map((each) => each.close())));
  let port = 0;
  try {
    const http = await listenHttp(
      options.http,
      createHttpApi(sources, token, () => port),
      serverLimits,
    );
    open.push(http);
    ({ port } = http);
    rmSync(options.socket.host, { force: true });
    open.push(await listenUnix(options.socket, createControlApi(sources, stop), serverLimits));
    open.forEach(limitConnections);
    return { port, uses: () => open.map((each) => each.use()), close };
  } catch (error) {
    await close();
    throw error;
  }
}
