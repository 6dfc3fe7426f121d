/**
 * `inferguard/testing`: tests that cannot reach out by mistake. Loopback works; everything else is denied, whatever
 * library tries it, and fails the test even when the code under test swallowed the error.
 *
 * It watches Node's own handles, so that it needs to know no library: connections, datagrams, look-ups, other programs,
 * threads and Node processes, native code. It is for honest code. What it cannot see: what an allowed program or an
 * allowed addon does, what a relay on loopback forwards, connections that were open before, and a copy of
 * `worker_threads.Worker` or of a function of `dns` that somebody took before.
 */
import { extname, join } from "node:path";
import { type Block, blockEgress } from "../net/no-egress/block.ts";

/** Something that was tried and denied. */
export interface Attempt {
  /** Such as `tcp connect`, `udp`, `look-up`, `child process`. */
  what: string;
  /** Where to: an address and a port, a name, a command line. */
  target: string;
  /** How often. */
  count: number;
  /** Where in the code it was first tried, as far as Node still knows then: lines of a stack trace. */
  stack: string;
}

export interface NoEgressOptions {
  /**
   * Programs that may be started as they are: names, or paths. Node needs no mention: a Node process is watched like
   * this one, unless its path stands here.
   */
  allowPrograms?: readonly string[];
  /** Whether native addons may be loaded. They have sockets that nobody watches. */
  allowAddons?: boolean;
}

export interface NetworkBlock {
  /** All that was denied so far. */
  readonly denied: readonly Attempt[];
  /** Puts everything back. */
  restore(): void;
}

/**
 * Denies everything that leaves this machine, from now on. A second block waits for the first one's end.
 *
 * ```js
 * const block = blockNetwork();
 * await checkForUpdates().catch(() => {});
 * block.denied; // [{ what: "look-up", target: "updates.example.com", count: 1, stack: "..." }]
 * block.restore();
 * ```
 * @throws Error when there is a block already, or this Node is not one that it knows.
 */
export function blockNetwork({ allowPrograms = [], allowAddons = false }: NoEgressOptions = {}): NetworkBlock {
  if (active !== null) throw new Error("the network is blocked already: restore() the other block first");
  const entry = join(import.meta.dirname, `continue-block${extname(import.meta.filename)}`);
  const block = blockEgress(entry, { allowPrograms, allowAddons });
  active = block;
  const denied: Attempt[] = [];
  return {
    get denied() {
      if (active === block) denied.push(...block.takeAttempts());
      return denied;
    },
    restore() {
      if (active !== block) return;
      denied.push(...block.takeAttempts());
      block.undo();
      active = null;
    },
  };
}

/**
 * Runs `use` with these destinations open, for a test that means to go out. A name may be looked up and its addresses
 * connected to at that port. They are open for the whole process while `use` runs.
 *
 * ```js
 * await withNetwork(["example.com:443"], () => client.get("https://example.com/"));
 * ```
 * @param destinations `host:port`, `[address]:port`, or `unix:/path`.
 */
export async function withNetwork<T>(destinations: readonly string[], use: () => T | Promise<T>): Promise<T> {
  const grants = destinations.map(readDestination);
  const close = active?.grant(grants) ?? (() => {});
  try {
    return await use();
  } finally {
    close();
  }
}

/** What a test runner calls after each test, and after all, and waits for. */
export interface TestHooks extends NoEgressOptions {
  afterEach(check: () => Promise<void>): void;
  /** For what is tried after the last test. */
  afterAll?(check: () => Promise<void>): void;
}

/**
 * Blocks the network for a test file, or for all of them from a setup file, and fails each test that tried to reach out.
 *
 * ```js
 * import { afterAll, afterEach } from "vitest"; // or: after as afterAll, afterEach from "node:test"
 * import { installNoEgress } from "inferguard/testing";
 * installNoEgress({ afterEach, afterAll });
 * ```
 */
export function installNoEgress({ afterEach, afterAll, ...options }: TestHooks): NetworkBlock {
  const block = blockNetwork(options);
  let told = 0;
  const check = async () => {
    await afterTurns();
    const untold = block.denied.slice(told);
    told += untold.length;
    if (untold.length > 0) throw new Error(explain(untold));
  };
  afterEach(check);
  afterAll?.(async () => {
    try {
      await check();
    } finally {
      block.restore();
    }
  });
  return block;
}

let active: Block | null = null;

/** Taken now: a test can put a clock of its own in its place. */
const later = setImmediate;

/**
 * A request that nobody waits for reaches a socket a turn of the event loop after it was made: it belongs to the test that
 * made it, and after the last test it would find the network open again.
 */
async function afterTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => void later(() => resolve()));
}

function readDestination(text: string): { host: string; port: number } {
  if (/^unix:\/./.test(text)) return { host: text, port: 0 };
  const parts = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^\s:/]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(parts?.["port"]);
  if (parts === undefined || port < 1 || port > 65_535)
    throw new TypeError(`withNetwork was given ${JSON.stringify(text)}: it wants "host:port" or "unix:/path"`);
  return { host: (parts["address"] ?? parts["name"] ?? "").toLowerCase(), port };
}

function explain(attempts: readonly Attempt[]): string {
  const lines = attempts.map(({ what, target, count, stack }) =>
    `${what}: ${target}${count > 1 ? ` (${count} times)` : ""}\n${stack}`.trimEnd(),
  );
  return [
    "The code under test tried to leave this machine, and was denied:",
    ...lines,
    'A test that means to says where: withNetwork(["host:port"], ...). A program is allowed with allowPrograms.',
  ].join("\n");
}
