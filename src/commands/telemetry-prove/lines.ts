/** A proof for a person: the tier first, because a weaker proof must not look like a stronger one. */
import { UNAUTHORISED, type Destination } from "../../net/prove/destination.ts";
import { claims, type Proof, type Skipped } from "../../net/prove/proof.ts";
import { bytes, counted } from "../../report/format.ts";
import { printable } from "../../report/printable.ts";

export function proofLines(result: {
  proof: Proof;
  skipped: readonly Skipped[];
  command: string;
  path: string;
  reveal: boolean;
}): string[] {
  const { proof, skipped, command, path, reveal } = result;
  const groups = groupsOf(proof.destinations);
  return [
    `${proof.verdict} at tier ${proof.tier}: ${claims[proof.tier]}`,
    "",
    ...entry("Command", [`${command}: ${endOf(proof)}`]),
    ...entry(
      "Reached",
      groups.length === 0
        ? ["nothing"]
        : groups.flatMap(([name, lines]) => [name, ...lines.map((line) => `  ${line}`)]),
    ),
    ...entry("Watched", [watchedBy(proof)]),
    ...entry("Incomplete", proof.doubts),
    ...entry("Not seen", proof.blindSpots),
    ...entry(
      "Figures",
      proof.tier === "witness" ? [] : ["what it measured, it measured under this watch, which takes time"],
    ),
    ...entry(
      "Not used",
      skipped.map(({ tier, reason }) => `tier ${tier}: ${reason}`),
    ),
    ...entry("Statement", [`${path} (in-toto; hosts ${reveal ? "revealed" : "withheld, unless --reveal is given"})`]),
  ].map((line) => printable(line, 1000));
}

const labelWidth = 12;

function entry(label: string, lines: readonly string[]): string[] {
  return lines.map((line, place) => (place === 0 ? label : "").padEnd(labelWidth) + line);
}

function watchedBy({ tier, isWatched }: Proof): string {
  if (tier === "witness") return "by the command itself only";
  return isWatched
    ? "by strace, what was tried in vain included"
    : "not by strace: what was tried in vain is not known";
}

function endOf({ end }: Proof): string {
  if (end === null) return "could not be started";
  return end.code === null ? `ended by ${end.signal ?? "a signal"}` : `exit code ${end.code}`;
}

/** Unauthorised ones last, where they are read first; their line is there also when there are none. */
function groupsOf(destinations: readonly Destination[]): [name: string, lines: string[]][] {
  const groups = new Map<string, string[]>();
  for (const each of destinations) {
    const name = each.group === "unix" ? `unix:${each.path}` : each.group;
    groups.set(name, [...(groups.get(name) ?? []), lineOf(each)]);
  }
  const bad = groups.get(UNAUTHORISED) ?? ["nothing"];
  groups.delete(UNAUTHORISED);
  return [...groups, [UNAUTHORISED, bad]];
}

function lineOf(destination: Destination): string {
  const { what, host, ip, port, path, asked, note, protocol, group, times, bytesOut, bytesIn } = destination;
  const address = ip === null ? null : ip.includes(":") ? `[${ip}]` : ip;
  const name = host === null || host === ip ? address : address === null ? host : `${host} (${address})`;
  const where = name === null ? null : `${protocol} ${name}${port === null ? "" : `:${port}`}`;
  const parts = [what, where, path === null || group === "unix" ? null : `unix:${path}`, asked, note];
  const size = bytesOut === null || bytesIn === null ? "" : `, ${bytes(bytesOut)} out, ${bytes(bytesIn)} in`;
  return `${parts.filter((part) => part !== null).join(" ")}, ${counted(times, "time")}${size}`;
}
