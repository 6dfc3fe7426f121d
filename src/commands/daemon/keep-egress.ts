/**
 * Keeps the egress.json of a daemon's run: every few seconds while it runs, where anything in it has changed, so that a
 * daemon that is killed leaves the record of all but its last seconds, and with what earlier starts of the same run reached.
 * Where the disk does not take it, that is said once, and again when it does.
 */
import { join } from "node:path";
import { artifact } from "../../runs/artifacts.ts";
import { readPlainFile } from "../../runs/open-plain-file.ts";
import type { RunWriter } from "../../runs/run-writer.ts";
import { type EgressRecord, egressSchema } from "../../runs/schemas/egress.ts";

/** Each time costs two fsyncs: not at each scrape. */
const EVERY_MS = 5000;

export interface EgressKeeper {
  /** Of the run: this start and the earlier ones. */
  record(): EgressRecord;
  /** Why it could not be written the last time; null when it could. */
  trouble(): string | null;
  /** No more is written, and nothing is being written. */
  stop(): Promise<void>;
}

export async function keepEgress(
  writer: Pick<RunWriter, "updateEgress" | "directory">,
  ofThisStart: () => EgressRecord,
  say: (text: string) => void,
  everyMs = EVERY_MS,
): Promise<EgressKeeper> {
  const before = await readEgress(join(writer.directory, artifact.egress));
  const record = () => sumOf(before, ofThisStart());
  let trouble: string | null = null;
  /** What is on disk; null until it is. */
  let written: string | null = null;
  let writing = Promise.resolve();
  const write = async () => {
    const now = record();
    const text = JSON.stringify(now);
    if (text === written) return;
    const why = await writer.updateEgress(now);
    written = why === null ? text : null;
    if (why !== trouble)
      say(
        why === null
          ? `${writer.directory} is written again`
          : `cannot write to ${writer.directory}: ${why}. Watching goes on.`,
      );
    trouble = why;
  };
  const enqueue = () => (writing = writing.then(write));
  const timer = setInterval(() => void enqueue(), everyMs);
  await enqueue();
  return {
    record,
    trouble: () => trouble,
    async stop() {
      clearInterval(timer);
      await writing;
    },
  };
}

const longestEgressBytes = 1024 * 1024;

/** Of earlier starts; null where there was none, or its record cannot be read. */
async function readEgress(path: string): Promise<EgressRecord | null> {
  try {
    return egressSchema.parse(JSON.parse(await readPlainFile(path, longestEgressBytes)));
  } catch {
    return null;
  }
}

/** What was reached by the same flag at the same place is one line. */
export function sumOf(before: EgressRecord | null, now: EgressRecord): EgressRecord {
  if (before === null) return now;
  const authorities = new Map(before.authorities.map((each) => [keyOf(each), each]));
  for (const each of now.authorities) {
    const known = authorities.get(keyOf(each));
    authorities.set(
      keyOf(each),
      known === undefined
        ? each
        : {
            ...each,
            lookups: known.lookups + each.lookups,
            connections: known.connections + each.connections,
            bytes_out: known.bytes_out + each.bytes_out,
            bytes_in: known.bytes_in + each.bytes_in,
          },
    );
  }
  const denials = new Map(before.denials.map(({ reason, count }) => [reason, count]));
  for (const { reason, count } of now.denials) denials.set(reason, (denials.get(reason) ?? 0) + count);
  return {
    schema: now.schema,
    authorities: [...authorities.values()],
    denied: before.denied + now.denied,
    denials: [...denials].map(([reason, count]) => ({ reason, count })),
  };
}

function keyOf({ category, flag, host, port, via }: EgressRecord["authorities"][number]): string {
  return JSON.stringify([category, flag, host, port, via]);
}
