import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHistoryDecoder, createHistoryEncoder, type HistoryEntry } from "./history-codec.ts";
import { readHistory } from "./history-reader.ts";
import { type HistoryWriter, type HistoryWriterOptions, openHistoryWriter } from "./history-writer.ts";
import { historyRowSchema, type IntervalSummary } from "./schemas/history.ts";

let directory: string;
let nowMs: number;
let troubles: (string | null)[];
let writer: HistoryWriter;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "inferguard-history-"));
  nowMs = 1_700_000_000_000;
  troubles = [];
});
afterEach(async () => {
  await writer?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(changes: Partial<HistoryWriterOptions> = {}): Promise<HistoryWriter> {
  writer = await openHistoryWriter({
    directory: join(directory, "history"),
    levels: [
      { level: "raw", keepMs: 3_600_000, share: 0.5 },
      { level: "1m", keepMs: 86_400_000, share: 0.4 },
    ],
    maxBytes: 1e6,
    segmentStart: () => ({ t_ms: nowMs, wall_ms: nowMs + 5, offsets: { "20260101-000000-bench-abcdef": 12 } }),
    onTrouble: (why) => troubles.push(why),
    ...changes,
  });
  return writer;
}

const interval = (changes: Partial<IntervalSummary> = {}): IntervalSummary => ({
  ...{ source: 0, engine: "vllm", endMs: nowMs, lengthMs: 1000, samples: 2, failed: 1, error: "HTTP 503" },
  ...{ coveredMs: 2000, resets: 1 },
  gauges: new Map([
    ["same", { min: 3, mean: 3, max: 3, last: 3, samples: 2 }],
    ["other", { min: 1, mean: 2.5, max: 4, last: 1, samples: 1 }],
  ]),
  counters: new Map([
    ["all", { increase: 7, coveredMs: 2000 }],
    ["half", { increase: 0.5, coveredMs: 1000 }],
  ]),
  histograms: new Map([
    ["times", { histogram: { sum: 12.5, count: 4, bounds: [1, 5, 10, null], counts: [1, 1, 3, 4] }, coveredMs: 2000 }],
  ]),
  ...changes,
});
const entry = (changes: Partial<IntervalSummary> = {}): HistoryEntry => ({
  kind: "interval",
  interval: interval(changes),
  offsets: {},
});
const read = async (level: "raw" | "1m" = "raw", fromMs = 0, toMs = Infinity) => {
  const leftOut: string[] = [];
  const entries: HistoryEntry[] = [];
  const range = { level, fromMs, toMs, leftOut: (what: string) => leftOut.push(what) };
  for await (const each of readHistory(join(directory, "history"), range)) entries.push(each);
  return { entries, leftOut };
};
const files = () => readdirSync(join(directory, "history")).sort();

describe("rows of a history", () => {
  it("come back as they were: gauges, partial names, histograms with their bounds", () => {
    const encoder = createHistoryEncoder();
    const runs = { kind: "interval", interval: interval({ source: null, engine: null }), offsets: { x: 5 } } as const;
    const clock = { kind: "clock", t_ms: 1, wall_ms: 2, step_ms: -3 } as const;
    const entries: HistoryEntry[] = [entry(), runs, entry({ source: 3 }), clock];
    const text = entries.map((each) => encoder.encode(each)).join("");
    expect([...createHistoryDecoder().decode(text)]).toEqual(entries);
    expect(text.match(/"kind":"bounds"/g)).toHaveLength(1);
    for (const line of text.trim().split("\n")) expect(historyRowSchema.safeParse(JSON.parse(line)).success).toBe(true);
  });

  it("are left out and counted where they cannot be read", () => {
    const decoder = createHistoryDecoder();
    const line = createHistoryEncoder().encode(entry()).split("\n")[1] ?? "";
    // Bounds that nothing named, a kind of a later version, no JSON, and a torn end.
    const text = `${line}\n{"kind":"later"}\nnot json\n${line.slice(0, 50)}`;
    expect([...decoder.decode(text)]).toEqual([]);
    expect(decoder.leftOut).toBe(4);
  });
});

describe("a history on disk", () => {
  it("is in private files that begin with what they go on from", async () => {
    await open();
    writer.append("raw", entry());
    await writer.flush();
    const [name = ""] = files();
    expect(name).toBe("raw-01700000000000.jsonl");
    const path = join(directory, "history", name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8").split("\n")[0] ?? "")).toEqual({
      ...{ kind: "segment", schema: "inferguard-history/v1", level: "raw" },
      ...{ t_ms: nowMs, wall_ms: nowMs + 5, offsets: { "20260101-000000-bench-abcdef": 12 } },
    });
    expect((await read()).entries).toEqual([entry()]);
    expect(writer.state()).toEqual({ bytes: statSync(path).size, oldestMs: nowMs, stopped: null, lostRows: 0 });
  });

  it("drops segments that are too old, whole, each level by its own age", async () => {
    await open();
    for (let minute = 0; minute < 120; minute++) {
      nowMs += 60_000;
      for (const level of ["raw", "1m"] as const) writer.append(level, entry({ endMs: nowMs }));
      await writer.flush();
    }
    const raw = (await read("raw")).entries.length;
    expect(raw).toBeGreaterThanOrEqual(60);
    expect(raw).toBeLessThan(68);
    expect((await read("1m")).entries).toHaveLength(120);
    expect((await read("1m", nowMs - 600_000, nowMs - 60_000)).entries).toHaveLength(9);
  });

  it("takes no more than its bytes, and each level no more than its part", async () => {
    await open({ maxBytes: 200_000 });
    for (let i = 0; i < 1000; i++) {
      nowMs += 1000;
      writer.append("raw", entry({ endMs: nowMs }));
      await writer.flush();
      expect(writer.state().bytes).toBeLessThanOrEqual(100_000);
    }
    expect((await read()).entries.length).toBeGreaterThan(100);
    expect(writer.state().lostRows).toBe(0);
  });

  it("goes on beside a file that its writer was killed over", async () => {
    await open();
    writer.append("raw", entry());
    await writer.close();
    const path = join(directory, "history", files()[0] ?? "");
    truncateSync(path, statSync(path).size - 20);
    nowMs += 1000;
    await open();
    writer.append("raw", entry());
    await writer.flush();
    const { entries, leftOut } = await read();
    expect(entries).toEqual([entry()]);
    expect(leftOut).toEqual([`${path}: 1 line could not be read`]);
    expect(files()).toHaveLength(2);
  });

  it("does not read a file of a newer schema, and says so", async () => {
    await open();
    writer.append("raw", entry());
    await writer.close();
    const path = join(directory, "history", files()[0] ?? "");
    writeFileSync(path, '{"kind":"segment","schema":"inferguard-history/v2"}\n');
    const { entries, leftOut } = await read();
    expect(entries).toEqual([]);
    expect(leftOut.join()).toContain("inferguard-history/v2");
  });

  it("stops when the disk refuses, tries again, and says in its rows what was lost", async () => {
    await open();
    const path = join(directory, "history");
    writeFileSync(path, "in the way");
    for (let i = 0; i < 3; i++) {
      writer.append("raw", entry());
      await writer.flush();
    }
    expect(troubles).toEqual([expect.stringContaining("ENOTDIR")]);
    expect(writer.state()).toMatchObject({ stopped: troubles[0], lostRows: 3 });
    rmSync(path);
    nowMs += 1000;
    writer.append("raw", entry());
    await writer.flush();
    expect(troubles.at(-1)).toBeNull();
    expect((await read()).entries).toMatchObject([
      { kind: "lost", rows: 3, from_ms: nowMs - 1000, t_ms: nowMs },
      { kind: "interval" },
    ]);
  });

  it("holds only so much for a disk that does not answer", async () => {
    await open();
    for (let i = 0; i < 2100; i++) writer.append("raw", entry());
    expect(writer.state()).toMatchObject({ lostRows: 100, stopped: "the disk does not answer" });
    await writer.flush();
    expect((await read()).entries.filter(({ kind }) => kind === "interval")).toHaveLength(2000);
  });
});
