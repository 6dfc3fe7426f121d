/**
 * Runs a command of this program under the first tier of a list that this machine has for it, and says what it reached.
 * A tier is there when it works here and now: each is tried on something harmless first.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { exitCode } from "../../errors.ts";
import { type Authority, isUnixSocket } from "../authority.ts";
import type { Gate, ResolveOverride } from "../gate.ts";
import { prepareAirlock } from "./airlock.ts";
import { type Allowed, type Destination, destination, mayListen, UNAUTHORISED } from "./destination.ts";
import type { Proof, Skipped, Tier } from "./proof.ts";
import { resolverOf } from "./resolver.ts";
import { type CommandEnd, runCommand } from "./run-command.ts";
import { prepareSealed } from "./sealed.ts";
import { whyNoStrace } from "./strace.ts";
import type { Outcome, Prepared, PrepareTier, Setting } from "./tier.ts";
import { prepareTraced } from "./traced.ts";
import { prepareWitness } from "./witness.ts";

export interface ProofRequest {
  /** This program's own file, and the command line to run with it. */
  bin: string;
  args: readonly string[];
  /** What its flags allow. */
  authorities: readonly Authority[];
  resolve: readonly ResolveOverride[];
  /** In the order in which to try them. */
  tiers: readonly Tier[];
  signal: AbortSignal;
}

const prepare: Record<Tier, PrepareTier> = {
  witness: prepareWitness,
  traced: prepareTraced,
  airlock: prepareAirlock,
  sealed: prepareSealed,
};

/** @returns no proof when none of the tiers is to be had here; the command did not run then */
export async function prove(gate: Gate, request: ProofRequest): Promise<{ proof: Proof | null; skipped: Skipped[] }> {
  const folder = await mkdtemp(join(tmpdir(), "inferguard-proof-"));
  try {
    const setting = await settingOf(request, gate, folder);
    const skipped: Skipped[] = [];
    for (const tier of request.tiers) {
      const prepared = tier === "witness" || isLinux ? await prepare[tier](setting) : notHere;
      if ("reason" in prepared) skipped.push({ tier, reason: prepared.reason });
      else return { proof: await run(tier, prepared, request, gate), skipped };
    }
    return { proof: null, skipped };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isLinux = process.platform === "linux";
const notHere = { reason: `it needs Linux, and this is ${process.platform}` };

async function run(tier: Tier, prepared: Prepared, request: ProofRequest, gate: Gate): Promise<Proof> {
  try {
    const outcome = await prepared.finish(await runCommand(prepared.command, request.bin, request.signal));
    const destinations = [...outcome.destinations, ...ownLookUps(gate)];
    const doubts = [...outcome.doubts, ...doubtsAbout(outcome.end)];
    const verdict = verdictOf({ ...outcome, destinations, doubts });
    const { isWatched } = prepared;
    const isProxied = request.authorities.some(({ category }) => category === "proxy");
    const blindSpots = [...prepared.blindSpots, ...(isProxied ? ["what the proxy reached for the command"] : [])];
    return { tier, verdict, destinations, doubts, isWatched, blindSpots, end: outcome.end, kernel: kernelName() };
  } finally {
    prepared.close();
  }
}

/** One unauthorised destination is enough; a PASS needs all that the tier promises. */
function verdictOf({ destinations, doubts }: Outcome): Proof["verdict"] {
  if (destinations.some(({ group }) => group === UNAUTHORISED)) return "FAIL";
  return doubts.length > 0 ? "INCOMPLETE" : "PASS";
}

/** A command that did nothing proves nothing. */
function doubtsAbout(end: CommandEnd | null): string[] {
  if (end === null) return ["the command could not be started"];
  return end.code === exitCode.usage ? ["the command refused its flags and did nothing"] : [];
}

/** What this program asked for before the command started, to know the addresses of its endpoints. */
function ownLookUps(gate: Gate): Destination[] {
  return gate
    .uses()
    .filter(({ lookups }) => lookups > 0)
    .map(({ authority, lookups }) =>
      destination("dns-resolver", "looked up", { asked: authority.host, note: "by prove itself", times: lookups }),
    );
}

async function settingOf(
  { bin, args, authorities, resolve }: ProofRequest,
  gate: Gate,
  folder: string,
): Promise<Setting> {
  let found: Promise<Allowed[]> | null = null;
  return {
    command: [process.execPath, bin, ...args],
    authorities,
    allowed: () => (found ??= Promise.all(authorities.map((authority) => addressesOf(authority, gate, resolve)))),
    gate,
    resolver: resolverOf(await readFile("/etc/resolv.conf", "utf8").catch(() => "")),
    folder,
    whyNoStrace: whyNoStrace(),
  };
}

/** A name that has no address is allowed all the same: the command will say that it has none. */
async function addressesOf(authority: Authority, gate: Gate, resolve: readonly ResolveOverride[]): Promise<Allowed> {
  if (mayListen(authority) || isUnixSocket(authority)) return { authority, addresses: [], isLookedUp: false };
  const { host, port } = authority;
  const isGiven = resolve.some((entry) => entry.host.toLowerCase() === host && entry.port === port);
  const resolved = await gate.resolve(authority);
  const addresses = "failure" in resolved ? [] : resolved.addresses;
  return { authority, addresses, isLookedUp: isIP(host) === 0 && !isGiven };
}

function kernelName(): string {
  return `${process.platform} ${release()} ${process.arch}`;
}
