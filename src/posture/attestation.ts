/**
 * A proof as a statement that can be shared: which files ran, under what watch, what was allowed and what was reached.
 * Unless they are revealed, hosts, addresses and paths are withheld: a number stands for each, the same one throughout.
 */
import type { Attestation } from "./attestation-schema.ts";

export interface AttestationFacts {
  files: readonly { name: string; sha256: string }[];
  version: string;
  tier: Attestation["predicate"]["monitor"]["tracePolicy"]["tier"];
  claim: string;
  watched: boolean;
  verdict: Attestation["predicate"]["x-verdict"];
  authorised: readonly { flag: string; host: string; port: number }[];
  destinations: readonly AttestedDestination[];
  doubts: readonly string[];
  blindSpots: readonly string[];
  command: { name: string; flags: readonly string[] };
  exit: { code: number | null; signal: string | null } | null;
  kernel: string;
  startedAt: string;
  finishedAt: string;
}

export interface AttestedDestination {
  group: string;
  protocol: string;
  what: string;
  host: string | null;
  ip: string | null;
  port: number | null;
  path: string | null;
  asked: string | null;
  note: string | null;
  times: number;
  bytesOut: number | null;
  bytesIn: number | null;
}

/** Stands in for a name: `endpoint` and `llm.internal` become `endpoint#1`. */
type Cover = (kind: string, name: string) => string;

export function attestationOf(facts: AttestationFacts, reveal: boolean): Attestation {
  const cover: Cover = reveal ? (_kind, name) => name : createCover();
  // First, and in the order of the flags, so that the first endpoint is endpoint#1.
  const authorised = facts.authorised.map(({ flag, host, port }) => ({
    flag,
    // The daemon's Unix socket is named by its path.
    host: cover(host.startsWith("/") ? "socket" : "endpoint", host),
    port,
  }));
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: facts.files.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: "https://in-toto.io/attestation/runtime-trace/v0.2",
    predicate: {
      monitor: {
        type: `urn:inferguard:prove:${facts.tier}@1`,
        tracePolicy: { tier: facts.tier, claim: facts.claim, watched: facts.watched, authorised },
      },
      monitoredProcess: {
        hostID: "urn:inferguard:host:withheld",
        type: `urn:inferguard:command@${facts.version}`,
        event: [facts.command.name, ...facts.command.flags].join(" "),
      },
      monitorLog: { network: facts.destinations.map((each) => entryOf(each, cover, reveal)) },
      metadata: { buildStartedOn: facts.startedAt, buildFinishedOn: facts.finishedAt },
      "x-verdict": facts.verdict,
      "x-complete": facts.doubts.length === 0,
      "x-doubts": [...facts.doubts],
      "x-blindspots": [...facts.blindSpots],
      "x-kernel": facts.kernel,
      "x-exit": facts.exit,
      "x-hosts": reveal ? "revealed" : "withheld",
    },
  };
}

type Entry = Attestation["predicate"]["monitorLog"]["network"][number];

function entryOf(destination: AttestedDestination, cover: Cover, reveal: boolean): Entry {
  const { group, protocol, what, host, ip, port, path, asked, note, times, bytesOut, bytesIn } = destination;
  // What is on this machine's own loopback, put there by the command itself, tells nothing about anybody.
  const isOpen = reveal || group === "loopback";
  const kind = group === "UNAUTHORISED" ? "destination" : group === "dns-resolver" ? "resolver" : "endpoint";
  const name = host ?? (isOpen ? null : ip);
  return {
    ...(ip !== null && isOpen ? { ip } : {}),
    ...(name === null ? {} : { hostname: isOpen ? name : cover(kind, name) }),
    // 0 is no port of the predicate's.
    ...(port === null || port === 0 ? {} : { port }),
    protocol,
    "x-authority": group === "unix" ? `unix:${cover("socket", path ?? "")}` : group,
    "x-what": [
      what,
      ...(path !== null && group !== "unix" ? [`unix:${cover("socket", path)}`] : []),
      ...(asked === null ? [] : [cover("endpoint", asked)]),
      ...(note === null ? [] : [note]),
    ].join(" "),
    "x-times": times,
    ...(bytesOut === null ? {} : { "x-bytesUp": bytesOut }),
    ...(bytesIn === null ? {} : { "x-bytesDown": bytesIn }),
  };
}

function createCover(): Cover {
  const covers = new Map<string, string>();
  const counts = new Map<string, number>();
  return (kind, name) => {
    let cover = covers.get(name);
    if (cover === undefined) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      cover = `${kind}#${count}`;
      covers.set(name, cover);
    }
    return cover;
  };
}
