/** What code under test may reach, and what it tried beside that. */
import { isIP } from "node:net";
import { isLoopback } from "../loopback.ts";

/** Something that code under test tried and that was denied. */
export interface Attempt {
  /** `tcp connect`, `udp`, `unix socket connect`, `look-up`, `child process`, `native code`, `process replacement`, `module`. */
  what: string;
  target: string;
  /** How often it was tried. */
  count: number;
  /** Where it was first tried, as far as Node still knows then: lines of a stack trace. */
  stack: string;
}

/** A destination that one `withNetwork` opens. */
export interface Grant {
  /** A name in lower case, an address, or `unix:` and a path. */
  host: string;
  port: number;
}

export interface Policy {
  readonly attempts: Attempt[];
  readonly grants: Set<Grant>;
  mayConnect(address: unknown, port: unknown): boolean;
  mayConnectToSocket(path: unknown): boolean;
  mayLookUp(host: unknown): boolean;
  /** What a look-up that was allowed has found. */
  learn(host: string, addresses: readonly string[]): void;
  deny(what: string, target: string): void;
}

const MAX_ATTEMPTS = 1000;

/**
 * @param elsewhere destinations that were granted by the process that started this one.
 * @param onDenied is told of each attempt at once, because a process can end at any moment.
 */
export function createPolicy(options: {
  socketFolders: readonly string[];
  elsewhere: () => readonly Grant[];
  onDenied: (attempt: Attempt) => void;
}): Policy {
  const attempts: Attempt[] = [];
  const grants = new Set<Grant>();
  const found = new Map<string, Set<string>>();
  const granted = () => [...grants, ...options.elsewhere()];

  return {
    attempts,
    grants,
    mayConnect(address, port) {
      if (typeof address !== "string") return false;
      if (isLoopback(address)) return true;
      return granted().some(
        (grant) => grant.port === port && (grant.host === address || found.get(grant.host)?.has(address) === true),
      );
    },
    mayConnectToSocket(path) {
      if (typeof path !== "string") return false;
      return (
        options.socketFolders.some((folder) => path.startsWith(`${folder}/`) && !path.includes("/../")) ||
        granted().some(({ host }) => host === `unix:${path}`)
      );
    },
    mayLookUp(host) {
      // What is not a name is not looked up: Node answers it, or complains, by itself.
      if (typeof host !== "string" || host === "" || isIP(host) !== 0) return true;
      const name = host.toLowerCase();
      return /^([^.]+\.)*localhost\.?$/.test(name) || granted().some((grant) => grant.host === name);
    },
    learn(host, addresses) {
      const name = host.toLowerCase();
      found.set(name, new Set([...(found.get(name) ?? []), ...addresses]));
    },
    deny(what, target) {
      const known = attempts.find((attempt) => attempt.what === what && attempt.target === target);
      if (known !== undefined) known.count++;
      else if (attempts.length < MAX_ATTEMPTS) {
        const attempt = { what, target, count: 1, stack: stackHere() };
        attempts.push(attempt);
        options.onDenied(attempt);
      }
    },
  };
}

/** The lines that are not the watch's or Node's own. A socket connects after the call that asked for it has returned. */
function stackHere(): string {
  const lines = new Error("denied").stack?.split("\n") ?? [];
  return lines.filter((line) => /^ +at /.test(line) && !/node:|[/\\]no-egress[/\\]/.test(line)).join("\n");
}
