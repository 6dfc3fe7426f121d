/** For tests: a watcher of servers on loopback, with its files in a directory of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintAuthority } from "../net/authority.ts";
import { openGate } from "../net/gate.ts";
import { openHttpClient } from "../net/open-http-client.ts";
import { createWatcher, type Watcher, type WatcherOptions, type WatchTarget } from "./watcher.ts";

export interface WatchedPlace {
  directory: string;
  runsDir: string;
  historyDirectory: string;
  remove(): void;
}

export function makePlace(): WatchedPlace {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-watch-"));
  return {
    directory,
    runsDir: directory,
    historyDirectory: join(directory, "history"),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export function targetAt(port: number, path = "/metrics", role = "engine"): WatchTarget {
  const authority = mintAuthority("metrics-endpoint", "127.0.0.1", port, "--metrics-url");
  return { role, url: new URL(`http://127.0.0.1:${port}${path}`), authority, flag: "--metrics-url" };
}

export interface TestWatcher extends Watcher {
  warnings: string[];
  close(): Promise<void>;
}

export function watch(
  place: WatchedPlace,
  targets: readonly WatchTarget[],
  changes: Partial<WatcherOptions> = {},
): TestWatcher {
  const gate = openGate();
  const client = openHttpClient(gate, "reuse");
  const warnings: string[] = [];
  const watcher = createWatcher({
    targets,
    intervalMs: 20,
    runsDir: place.runsDir,
    historyDirectory: place.historyDirectory,
    retainMs: 86_400_000,
    maxDiskBytes: 16 * 1024 * 1024,
    client,
    limits: { connectTimeoutMs: 10_000, requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 },
    warn: (text) => warnings.push(text),
    ...changes,
  });
  return {
    ...watcher,
    warnings,
    async close() {
      await watcher.stop();
      client.close();
      gate.close();
    },
  };
}
