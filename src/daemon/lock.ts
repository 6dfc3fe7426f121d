/**
 * One daemon of a user's at a time, even after another was killed. Node has no lock that the kernel takes back, so a daemon
 * claims its directory by creating a symbolic link, which is exclusive and names its holder in one step:
 * `daemon.lock.<n>`. The holder is named so that a pid that is used again is not taken for it (src/private/holder.ts).
 *
 * The next number may be claimed only while every claim's holder is gone, and the gone do not come back. Whoever has made a
 * claim looks once more: one that was made meanwhile, after an older look, makes it withdraw. So there may be none for a
 * moment, and never two.
 */
import { lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../clock.ts";
import { systemErrorCode } from "../errors.ts";
import { ownHolder, stateOfHolder } from "../private/holder.ts";

export interface DaemonLock {
  /** The pid of a daemon that was killed, whose place this one takes; null when the last one ended in good order. */
  tookOverFrom: number | null;
  release(): void;
}

export interface Claim {
  path: string;
  number: number;
  /** Null when the link is none of ours. */
  pid: number | null;
  /** `unknown`: its process is of another container or boot, so that nobody can tell from here. */
  state: "alive" | "dead" | "unknown";
  ageMs: number;
}

/**
 * @param isListening whether somebody listens on the daemon's socket: tells whether a holder is there that cannot be told
 *   otherwise
 * @returns the lock, or the claim of the daemon that has it
 */
export async function takeLock(
  directory: string,
  isListening: () => Promise<boolean>,
): Promise<{ lock: DaemonLock } | { held: Claim }> {
  for (;;) {
    const claims = readClaims(directory);
    const held = await firstHeld(claims, isListening);
    if (held !== null) return { held };
    const own = join(directory, `${prefix}${(claims.at(-1)?.number ?? 0) + 1}`);
    if (!tryClaim(own)) continue;
    const others = readClaims(directory).filter(({ path }) => path !== own);
    const rival = await firstHeld(others, isListening);
    if (rival !== null) {
      rmSync(own, { force: true });
      return { held: rival };
    }
    for (const { path } of others) rmSync(path, { force: true });
    const tookOverFrom = others.at(-1)?.pid ?? null;
    return { lock: { tookOverFrom, release: () => rmSync(own, { force: true }) } };
  }
}

/** The newest claim, if there is any. */
export function lastClaim(directory: string): Claim | null {
  return readClaims(directory).at(-1) ?? null;
}

const prefix = "daemon.lock.";

/** A daemon listens a moment after its claim. */
const listensWithinMs = 10_000;

function readClaims(directory: string): Claim[] {
  const numbers = readdirSync(directory).flatMap((name) => /^daemon\.lock\.(\d{1,9})$/.exec(name)?.slice(1) ?? []);
  const claims = numbers.map(Number).map((number) => readClaim(join(directory, `${prefix}${number}`), number));
  return claims.filter((claim) => claim !== null).toSorted((a, b) => a.number - b.number);
}

function readClaim(path: string, number: number): Claim | null {
  try {
    const ageMs = wallClock().getTime() - lstatSync(path).mtimeMs;
    const holder = readlinkSync(path);
    const pid = Number(holder.split(" ")[2]);
    return { path, number, pid: pid > 0 ? pid : null, state: stateOfHolder(holder), ageMs };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return null;
    // Something that is no claim of ours, in its place.
    if (code === "EINVAL") return { path, number, pid: null, state: "dead", ageMs: 0 };
    throw error;
  }
}

async function firstHeld(claims: readonly Claim[], isListening: () => Promise<boolean>): Promise<Claim | null> {
  for (const claim of claims) {
    if (claim.state === "alive") return claim;
    if (claim.state === "unknown" && (claim.ageMs < listensWithinMs || (await isListening()))) return claim;
  }
  return null;
}

function tryClaim(path: string): boolean {
  try {
    symlinkSync(ownHolder(), path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}
