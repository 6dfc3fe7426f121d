import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.ts";
import { formatOf, parseTrace, type TraceFormat } from "./trace-file.ts";

const line = (row: object) => `${JSON.stringify(row)}\n`;
const row = { timestamp: 5, input_length: 600, output_length: 50, hash_ids: [3, 4] };
const request = { t: 0, type: "s", model: "m", in: 130, out: 9, hash_ids: [1, 2] };
const weka = (over: object = {}, requests: object[] = [request]) => ({
  ...{ id: "t", models: ["m"], block_size: 64, hash_id_scope: "local", requests },
  ...over,
});

function refusal(text: string, format: TraceFormat): string {
  try {
    parseTrace(text, format);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "";
}

describe("the format of an input file", () => {
  it.each([
    ["mooncake", line(row)],
    ["mooncake", line({ input_length: 3 })],
    ["weka", line(weka())],
    ["weka", JSON.stringify(weka(), null, 2)],
    ["weka", JSON.stringify([weka()])],
    ["jsonl", line({ prompt: 'say "input_length"' })],
    ["jsonl", line({ messages: [] })],
    ["jsonl", ""],
  ] as const)("is recognised: %s", (format, text) => {
    expect(formatOf(text)).toBe(format);
  });
});

describe("a Mooncake trace", () => {
  it("is sorted by time, from 0", () => {
    const trace = parseTrace(line(row) + line({ ...row, timestamp: 2, hash_ids: [1, 2] }), "mooncake");
    expect(trace).toMatchObject({ format: "mooncake", spanMs: 3, dropped: [] });
    expect(trace.rows).toMatchObject([
      { atMs: 0, inputTokens: 600, outputTokens: 50, blocks: [1, 2], blockTokens: 512 },
      { atMs: 3, blocks: [3, 4] },
    ]);
  });

  it("leaves out what asks for nothing, and counts it by reason", () => {
    const text = line(row) + line({ ...row, output_length: 0 }) + line({ ...row, input_length: 0, hash_ids: [] });
    expect(parseTrace(text, "mooncake")).toMatchObject({
      rows: [{}],
      dropped: [
        { why: "it asks for no token", rows: 1 },
        { why: "its input is empty", rows: 1 },
      ],
    });
  });

  it("has no times where one row has none", () => {
    const { timestamp: _, ...without } = row;
    const trace = parseTrace(line(row) + line(without), "mooncake");
    expect(trace.spanMs).toBeNull();
    expect(trace.rows.map(({ atMs }) => atMs)).toEqual([null, null]);
  });

  it.each([
    [
      "a block too few",
      line(row) + line({ ...row, input_length: 1025 }),
      "line 2 .* 2 blocks of 512 tokens do not make its 1025",
    ],
    ["a length that is none", line({ ...row, input_length: "600" }), "line 1 .* input_length is not a whole number"],
    ["no length", line({ timestamp: 1, hash_ids: [] }), "line 1 .* input_length is missing"],
    ["a block that is none", line({ ...row, hash_ids: [0.5, 1] }), "line 1 .* hash_ids is not a list of whole numbers"],
    ["a time that is none", line({ ...row, timestamp: -1 }), "line 1 .* timestamp is not a number"],
    ["no object", "[1]\n", "line 1 .* not an object"],
    ["no JSON", `${line(row)}{"timestamp": 1, "in`, "line 2 .* may be cut short"],
    ["no row", "\n", "no request that could be sent"],
  ])("is refused for %s, by line", (_, text, what) => {
    expect(refusal(text, "mooncake")).toMatch(new RegExp(what));
  });

  const published = ["mooncake-conversation-400.jsonl", "mooncake-synthetic-200.jsonl"]
    .map((name) => join(import.meta.dirname, "../../../shared/fixtures/traces", name))
    .filter((path) => existsSync(path));
  it.skipIf(published.length === 0)("as it was published is taken whole", () => {
    for (const path of published) {
      const text = readFileSync(path, "utf8");
      expect(formatOf(text)).toBe("mooncake");
      expect(parseTrace(text, "mooncake").rows).toHaveLength(text.trimEnd().split("\n").length);
    }
  });
});

describe("a trace of kv-cache-tester", () => {
  it("may have what is left of a block at its end", () => {
    expect(parseTrace(line(weka()), "weka").rows).toMatchObject([
      { inputTokens: 130, outputTokens: 9, blocks: [0, 1], blockTokens: 64, fullOnly: true },
    ]);
  });

  it("has a sub-agent's requests at their times, from wherever those count", () => {
    const agent = (t: number, inner: object[]) => ({ t, type: "subagent", requests: inner });
    const timesOf = (inner: object[]) =>
      parseTrace(line(weka({}, [request, agent(10, inner), { ...request, t: 20 }])), "weka").rows.map(
        ({ atMs }) => atMs,
      );
    expect(timesOf([request, { ...request, t: 2 }])).toEqual([0, 10_000, 12_000, 20_000]);
    expect(
      timesOf([
        { ...request, t: 10 },
        { ...request, t: 12 },
      ]),
    ).toEqual([0, 10_000, 12_000, 20_000]);
    expect(timesOf([request, agent(1, [request])])).toEqual([0, 10_000, 11_000, 20_000]);
  });

  it("shares no block with another trace, unless the scope is global", () => {
    const blocksOf = (scope: string) =>
      parseTrace(line(weka({ hash_id_scope: scope })) + line(weka({ hash_id_scope: scope })), "weka").rows.map(
        ({ blocks }) => blocks,
      );
    expect(blocksOf("local")).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(blocksOf("global")).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it.each([
    [
      "a block too few",
      weka({}, [{ ...request, in: 192 }]),
      "request 1 of .* 2 blocks of 64 tokens do not make its 192",
    ],
    ["no block size", weka({ block_size: undefined }), "block_size is missing"],
    ["a block size of 0", weka({ block_size: 0 }), "block_size is 0"],
    ["no requests", weka({ requests: undefined }), "no list of requests"],
    ["a type that is none", weka({}, [{ ...request, type: "x" }]), "request 1 of .* type is none of"],
    [
      "a sub-agent's request",
      weka({}, [{ t: 0, type: "subagent", requests: [{ ...request, in: -1 }] }]),
      "request 1 of request 1 of .* in is not",
    ],
  ])("is refused for %s, by request", (_, document, what) => {
    expect(refusal(line(document), "weka")).toMatch(new RegExp(what));
  });

  it("is refused by line where it is not JSON", () => {
    expect(refusal(`${line(weka())}{"id": `, "weka")).toMatch(/line 2 of the trace is not JSON/);
  });
});
