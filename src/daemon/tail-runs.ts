/**
 * Follows the runs beside the daemon's own while they grow. Each file of rows is read on from where it was, by whole
 * lines; what a file says is counted once, also across a restart, because the offsets are kept in the same row as the
 * counts. A run that cannot be followed is left out and named.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { messageOf } from "../errors.ts";
import { parseJsonLines } from "../json.ts";
import { createRunTally, type RunTally } from "../metrics/run-names.ts";
import { emptyInterval } from "../metrics/interval.ts";
import { artifact } from "../runs/artifacts.ts";
import { endOfLines, readGrowth } from "../runs/growing-file.ts";
import { listRunNames } from "../runs/run-names.ts";
import { quickCheck } from "../runs/row-check.ts";
import { parseRunId } from "../runs/run-id.ts";
import { readManifest } from "../runs/run-manifest.ts";
import { agentTraceRowSchema } from "../runs/schemas/agent-trace.ts";
import type { IntervalSummary } from "../runs/schemas/history.ts";
import { requestRowSchema } from "../runs/schemas/request.ts";
import type { Run } from "../runs/schemas/run.ts";
import { tallyRequest, tallyTraceRow } from "./tally-rows.ts";

export interface RunsTail {
  /** Reads what has come since the last call. Null when there is nothing to say: no run is followed and none ended. */
  poll(nowMs: number, wallMs: number): Promise<{ interval: IntervalSummary; offsets: Record<string, number> } | null>;
  /** What the files of the history begin with. */
  offsets(): Record<string, number>;
  state(): { followed: number; rows: number; skipped: Run["missing"] };
}

/** What the last daemon had counted, and when by the wall clock it looked last. Null: nobody has looked before. */
export interface TailStart {
  offsets: Record<string, number>;
  lastLookMs: number;
}

interface Followed {
  path: string;
  offset: number;
  /** Whether the file has been there: the manifest of a run comes before its rows. */
  seen: boolean;
  take: (line: unknown) => boolean;
  quietSinceMs: number;
  checkedMs: number;
  badRows: number;
}

/** Of one file at one look; the rest comes at the next. */
const readAtOnceBytes = 1024 * 1024;
/** A directory that has no manifest after this time, or no file of rows after as much again, is no run that begins. */
const patienceMs = 10_000;
const manifestEveryMs = 5000;
/** A run that is over is forgotten after this time without a row, and not read again. */
const forgetAfterMs = 60_000;
const mostSkippedShown = 20;
/** Of the runs that are there when nobody has watched before, no more than this are asked whether they still run. */
const mostAtFirst = 200;

export function createRunsTail(runsDir: string, start: TailStart | null, intervalMs: number): RunsTail {
  const tally = createRunTally();
  const followed = new Map<string, Followed>();
  /** When a directory was first seen that is not yet known to be a run. */
  const waiting = new Map<string, number>();
  const settled = new Set<string>();
  const skipped: Run["missing"] = [];
  let rows = 0;
  let listed: { changedMs: number } | null = null;
  let isFirstLook = true;
  let lastPollMs: number | null = null;

  const skip = (what: string, why: string) => {
    skipped.push({ what, why });
    if (skipped.length > mostSkippedShown) skipped.shift();
  };

  const list = async (nowMs: number, wallMs: number) => {
    const changedMs = await stat(runsDir).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    // A directory that was made in the same tick of the file system's clock does not change this.
    if (listed !== null && listed.changedMs === changedMs && changedMs < wallMs - 2 * intervalMs - 2000) return;
    listed = { changedMs };
    const names = listRunNames(runsDir).filter((name) => parseRunId(name) !== null);
    const present = new Set(names);
    for (const known of [...settled, ...waiting.keys()])
      if (!present.has(known)) {
        settled.delete(known);
        waiting.delete(known);
      }
    for (const [age, name] of names.entries()) {
      if (settled.has(name) || waiting.has(name) || followed.has(name)) continue;
      if (isSurelyOver(name, age)) settled.add(name);
      else waiting.set(name, nowMs);
    }
  };

  /** Without a look at its manifest: thousands of old runs must not make the start slow. `age`: how many are newer. */
  const isSurelyOver = (name: string, age: number) => {
    if (start === null) return isFirstLook && age >= mostAtFirst;
    const startedMs = parseRunId(name)?.startMs ?? NaN;
    return !Object.hasOwn(start.offsets, name) && startedMs < start.lastLookMs - forgetAfterMs;
  };

  /** Whether it is followed, and from where: what was there before anybody watched is nobody's to count. */
  const begin = async (name: string, run: Run) => {
    settled.add(name);
    const { command } = run.plan;
    if (command === "daemon") return;
    if (run.claim === "synthetic") return skip(name, "its numbers are synthetic");
    const [file, take] =
      command === "bench"
        ? ([artifact.requests, rowReader(requestRowSchema, tallyRequest)] as const)
        : ([artifact.agentTrace, rowReader(agentTraceRowSchema, tallyTraceRow)] as const);
    const path = join(runsDir, name, file);
    let offset = 0;
    const kept = start === null || !Object.hasOwn(start.offsets, name) ? null : start.offsets[name];
    if (typeof kept === "number") offset = kept;
    else if (start !== null && Date.parse(run.started_at) < start.lastLookMs - forgetAfterMs / 2) return;
    else if (start === null && isFirstLook) {
      if (run.status !== "running") return;
      offset = await endOfLines(path, readAtOnceBytes);
    }
    settled.delete(name);
    followed.set(name, { path, offset, seen: offset > 0, take, quietSinceMs: 0, checkedMs: 0, badRows: 0 });
  };

  const rowReader =
    <Row>(schema: z.ZodType<Row>, add: (row: Row, tally: RunTally) => void) =>
    (value: unknown): boolean => {
      if (!checkOf(schema)(value)) {
        const parsed = schema.safeParse(value);
        if (!parsed.success) return false;
        add(parsed.data, tally);
      } else add(value as Row, tally);
      rows++;
      return true;
    };

  const readOn = async (name: string, file: Followed, nowMs: number) => {
    const growth = await readGrowth(file.path, file.offset, readAtOnceBytes);
    if (growth.kind === "gone") {
      if (!file.seen && nowMs - file.quietSinceMs < patienceMs) return;
      followed.delete(name);
      settled.add(name);
      return skip(name, file.seen ? "it was removed while it was followed" : "it has a manifest and no rows");
    }
    file.seen = true;
    if (growth.kind === "shrunk") {
      skip(name, `it was cut to ${growth.bytes} bytes while it was followed: what comes now is counted from there`);
      file.offset = growth.bytes;
      return;
    }
    if (growth.text !== "") file.quietSinceMs = nowMs;
    file.offset = growth.offset;
    for (const parsed of parseJsonLines(growth.text)) {
      if ("value" in parsed && file.take(parsed.value)) continue;
      if (file.badRows++ === 0) skip(name, `a row of it, the first near byte ${file.offset}, could not be read`);
    }
    if (nowMs - file.quietSinceMs < forgetAfterMs || nowMs - file.checkedMs < manifestEveryMs) return;
    file.checkedMs = nowMs;
    const status = await readManifest(join(runsDir, name)).then(
      (run) => run.status,
      () => "failed",
    );
    if (status === "running") return;
    followed.delete(name);
    settled.add(name);
  };

  const offsets = () => Object.fromEntries([...followed].map(([name, { offset }]) => [name, offset]));

  return {
    async poll(nowMs, wallMs) {
      const rowsBefore = rows;
      await list(nowMs, wallMs).catch((error: unknown) => {
        if (listed !== null || isFirstLook) skip(runsDir, messageOf(error));
        listed = null;
      });
      for (const [name, sinceMs] of [...waiting]) {
        try {
          await begin(name, await readManifest(join(runsDir, name)));
          waiting.delete(name);
        } catch (error) {
          if (nowMs - sinceMs < patienceMs) continue;
          waiting.delete(name);
          settled.add(name);
          skip(name, messageOf(error));
        }
      }
      isFirstLook = false;
      for (const [name, file] of [...followed]) {
        if (file.quietSinceMs === 0) file.quietSinceMs = nowMs;
        try {
          await readOn(name, file, nowMs);
        } catch (error) {
          followed.delete(name);
          settled.add(name);
          skip(name, messageOf(error));
        }
      }
      const coveredMs =
        lastPollMs !== null ? nowMs - lastPollMs : start === null ? intervalMs : Math.max(1, wallMs - start.lastLookMs);
      lastPollMs = nowMs;
      if (followed.size === 0 && rows === rowsBefore) return null;
      const interval = tally.take(emptyInterval(null, nowMs, intervalMs), coveredMs);
      const running = followed.size;
      interval.gauges.set("runs_followed", { min: running, mean: running, max: running, last: running, samples: 1 });
      return { interval, offsets: offsets() };
    },
    offsets,
    state: () => ({ followed: followed.size, rows, skipped: [...skipped] }),
  };
}

const checks = new Map<unknown, (value: unknown) => boolean>();

function checkOf(schema: z.ZodType): (value: unknown) => boolean {
  let check = checks.get(schema);
  if (check === undefined) checks.set(schema, (check = quickCheck(schema)));
  return check;
}
