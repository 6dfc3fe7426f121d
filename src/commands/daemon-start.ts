/**
 * `inferguard daemon start`: watches what the flags name until it is told to stop, and can be asked about it over a Unix
 * socket of its user's and a port of this machine's. What it is told through the port changes nothing.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { makeControlDirectory } from "../daemon/control-directory.ts";
import { holdMemory } from "../daemon/hold-memory.ts";
import type { DaemonSources } from "../daemon/http-api.ts";
import { type DaemonLock, takeLock } from "../daemon/lock.ts";
import { openLog } from "../daemon/log.ts";
import { tokenName, writeToken } from "../daemon/token.ts";
import { type Gate, openGate } from "../net/gate.ts";
import { diskTrouble } from "../runs/disk-trouble.ts";
import { egressRecordOf } from "./bench/egress.ts";
import { type DaemonListeners, openListeners } from "./daemon/listeners.ts";
import type { DaemonListener, DaemonOptions } from "./daemon/options.ts";
import { watchRun } from "./daemon/watch-run.ts";

/**
 * Resolves to the run's directory once it has stopped in good order: everything is written and the network is closed.
 * @throws UserError when it cannot start; then nothing of it is left
 */
export async function runDaemon(options: DaemonOptions, listener: DaemonListener): Promise<string> {
  holdMemory();
  makeControlDirectory(options.directory);
  const gate = openGate({ resolve: options.resolve });
  const stopping = new AbortController();
  let lock: DaemonLock | null = null;
  let listeners: DaemonListeners | null = null;
  let sources: DaemonSources | null = null;
  const egress = () => egressRecordOf(gate, listeners?.uses());
  const closeNetwork = async () => {
    sources = null;
    await listeners?.close();
    gate.close();
  };
  try {
    lock = await writing(options.directory, () => lockOf(options, gate));
    const log = await writing(options.directory, () => openLog(options.directory));
    const say = (text: string) => listener.logged(log.write(text));
    if (lock.tookOverFrom !== null)
      say(`the daemon with pid ${lock.tookOverFrom} was killed: this one takes its place, its lock and its socket`);
    const token = await writing(options.directory, () => writeToken(options.directory));
    listeners = await openListeners(options, token, { sources: () => sources, stop: () => stopping.abort() });
    return await watchRun(options, {
      gate,
      egress,
      say,
      port: listeners.port,
      signal: AbortSignal.any([listener.signal, stopping.signal]),
      up(up, ready) {
        sources = ready;
        listener.up(up);
      },
      closeNetwork,
    });
  } finally {
    await closeNetwork();
    listener.egress(egress());
    if (lock !== null) leave(options, lock);
  }
}

async function lockOf({ directory, socket }: DaemonOptions, gate: Gate): Promise<DaemonLock> {
  const result = await takeLock(directory, async () => {
    const attempt = await gate.connect(socket, null, { timeoutMs: 1000 });
    if ("failure" in attempt) return false;
    attempt.connection.destroy();
    return true;
  });
  if ("lock" in result) return result.lock;
  throw new UserError(`a daemon of yours is running already, with pid ${result.held.pid ?? "unknown"}`, {
    exitCode: exitCode.cannotRun,
    hint: "inferguard daemon status says what it watches, and inferguard daemon stop ends it",
  });
}

/** @throws UserError (exit code 3) for what the file system refuses */
async function writing<T>(directory: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new UserError(`cannot write to ${directory}: ${diskTrouble(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "make room there, or set XDG_RUNTIME_DIR to another directory of yours",
      cause: error,
    });
  }
}

/** The lock goes last: whoever waits for it finds nothing else. */
function leave({ directory, socket }: DaemonOptions, lock: DaemonLock): void {
  rmSync(socket.host, { force: true });
  rmSync(join(directory, tokenName), { force: true });
  lock.release();
}
