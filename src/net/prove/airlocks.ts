/**
 * Ways to run a command in a network namespace of its own, where nothing exists but the authorised endpoints. Their
 * addresses are given to the loopback interface there; what is sent to them is carried as it is, TLS included, out through
 * Unix sockets and the gate, which opens the real connections and counts their bytes.
 *
 * The user namespace around it is what makes it tight: inside, nothing has a power over a process or a namespace outside.
 * Names come from a private hosts file, so that nothing is looked up; /run is empty, because the sockets of resolvers,
 * container engines and message buses lie there.
 */
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { extname, join } from "node:path";
import { isLoopback } from "../loopback.ts";
import type { AirlockEnd, AirlockSettings } from "./airlock-inside.ts";
import type { Allowed } from "./destination.ts";
import type { CommandEnd } from "./run-command.ts";
import { whyItFails } from "./try-command.ts";

export interface AirlockPlan {
  /** Where what belongs to this proof is written. */
  folder: string;
  allowed: readonly Allowed[];
  endpoints: AirlockSettings["endpoints"];
}

/** The command line that runs `command` in an airlock. */
export type Airlock = (plan: AirlockPlan, command: readonly string[]) => string[];

/** The way to make an airlock here, or why there is none. */
export function findAirlock(plan: AirlockPlan): { airlock: Airlock } | { reason: string } {
  const reasons: string[] = [];
  for (const airlock of Object.values(airlocks)) {
    // The whole of it, with the addresses: only the way out is missing, and nobody asks for that.
    const reason = whyItFails(airlock(plan, [process.execPath, "-e", "0"])) ?? readEnd(plan.folder).whyNot;
    if (reason === null) return { airlock };
    reasons.push(reason);
  }
  return { reason: reasons.join("; ") };
}

/** The command's end, and null or why it did not run in an airlock after all. */
export function readEnd(folder: string): { end: CommandEnd | null; whyNot: string | null } {
  const path = endPathIn(folder);
  if (!existsSync(path)) return { end: null, whyNot: "the airlock could not be set up" };
  const { interfaces, namespace, ...end } = JSON.parse(readFileSync(path, "utf8")) as AirlockEnd;
  if (interfaces.join() !== "lo")
    return { end, whyNot: "the airlock had another network interface than its own loopback" };
  if (namespace === readlinkSync("/proc/self/ns/net"))
    return { end, whyNot: "the command ran in this program's own network namespace" };
  return { end, whyNot: null };
}

export const airlocks = {
  bubblewrap(plan: AirlockPlan, command: readonly string[]): string[] {
    const masks = writeMasks(plan).flatMap(([file, over]) => ["--ro-bind", file, over]);
    const alone = ["--unshare-user", "--unshare-net", "--unshare-ipc", "--die-with-parent"];
    // What it keeps serves inside only: to give addresses to its own loopback interface, and to listen at low ports.
    const powers = ["--cap-drop", "ALL", "--cap-add", "CAP_NET_ADMIN", "--cap-add", "CAP_NET_BIND_SERVICE"];
    const files = ["--bind", "/", "/", "--dev-bind", "/dev", "/dev", ...emptyRun(), ...masks];
    const inside = ["sh", "-c", script(addressLines(plan)), "sh", ...insideCommand(plan, command)];
    return ["bwrap", ...alone, ...powers, ...files, "--", ...inside];
  },

  unshare(plan: AirlockPlan, command: readonly string[]): string[] {
    const masks = writeMasks(plan).map(([file, over]) => `mount --bind ${quote(file)} ${quote(over)}`);
    const run = emptyRun().length === 0 ? [] : ["mount -t tmpfs tmpfs /run"];
    const lines = [...run, ...masks, "ip link set lo up", ...addressLines(plan)];
    const alone = ["--user", "--map-root-user", "--net", "--mount", "--ipc"];
    // Without the power to mount, what is hidden stays hidden.
    const powers = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all,+net_bind_service"];
    const inside = ["sh", "-c", script(lines), "sh", ...powers, ...insideCommand(plan, command)];
    return ["unshare", ...alone, "--", ...inside];
  },
};

function insideCommand(plan: AirlockPlan, command: readonly string[]): string[] {
  const settings: AirlockSettings = { endpoints: plan.endpoints, endPath: endPathIn(plan.folder) };
  const path = join(plan.folder, "airlock.json");
  writeFileSync(path, JSON.stringify(settings));
  rmSync(settings.endPath, { force: true });
  // Beside this file: a source, or a file of the build.
  const program = join(import.meta.dirname, `airlock-inside${extname(import.meta.filename)}`);
  return [process.execPath, program, path, ...command];
}

function addressLines({ endpoints }: AirlockPlan): string[] {
  const addresses = [...new Set(endpoints.map(({ address }) => address))].filter((address) => !isLoopback(address));
  return addresses.map((address) =>
    isIP(address) === 4 ? `ip addr add ${address}/32 dev lo` : `ip -6 addr add ${address}/128 dev lo nodad`,
  );
}

/** Files that stand over the system's own inside, where the system has one that is not empty anyway. */
function writeMasks({ folder, allowed }: AirlockPlan): [file: string, over: string][] {
  const names = allowed.flatMap(({ authority, addresses }) =>
    addresses.map((address) => `${address} ${authority.host}`),
  );
  const hosts = [
    "127.0.0.1 localhost",
    "::1 localhost",
    ...names.filter((line) => isIP(line.split(" ")[1] ?? "") === 0),
  ];
  const masks = { hosts: `${hosts.join("\n")}\n`, "resolv.conf": "", "nsswitch.conf": "hosts: files\n" };
  return Object.entries(masks).flatMap(([name, text]) => {
    if (!existsSync(`/etc/${name}`)) return [];
    const over = realpathSync(`/etc/${name}`);
    if (over.startsWith("/run/")) return [];
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o644 });
    return [[file, over] as [string, string]];
  });
}

function emptyRun(): string[] {
  return existsSync("/run") ? ["--tmpfs", "/run"] : [];
}

function endPathIn(folder: string): string {
  return join(folder, "airlock-end.json");
}

function script(lines: readonly string[]): string {
  return ["set -e", ...lines, 'exec "$@"'].join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
