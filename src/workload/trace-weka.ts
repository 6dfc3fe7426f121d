/**
 * Traces in the format of kv-cache-tester: one JSON document for each, alone in the file, in a list, or one on each line.
 * Only full blocks are listed. Sub-agents' requests are flattened; block numbers of one trace say nothing of another's,
 * unless its scope is global.
 */
import { parseJsonLines } from "../json.ts";
import { type TraceRow, unusable, whole, wholes } from "./trace-row.ts";

type Refuse = (what: string) => Error;

/** @throws UserError that names the trace and the request. */
export function* wekaRows(text: string): Generator<TraceRow> {
  const numbers = new Map<string, number>();
  for (const [place, { value, name }] of documentsOf(text).entries()) {
    const refuse: Refuse = (what) => unusable(`${name} cannot be used: ${what}`, expectedForm);
    const { requests, block_size, hash_id_scope: scope } = objectOf(value, refuse);
    const blockTokens = whole(block_size, "block_size", refuse);
    if (blockTokens === 0) throw refuse("block_size is 0");
    if (scope !== undefined && scope !== "local" && scope !== "global")
      throw refuse("hash_id_scope is neither local nor global");
    for (const { request, where, atMs } of flattened(requests, name, 0)) {
      const wrong: Refuse = (what) => unusable(`${where} cannot be used: ${what}`, expectedForm);
      const blocks = wholes(request["hash_ids"] ?? [], "hash_ids", wrong);
      yield {
        where,
        atMs,
        inputTokens: whole(request["in"], "in", wrong),
        outputTokens: whole(request["out"], "out", wrong),
        blocks: blocks.map((block) => numberOf(scope === "global" ? `${block}` : `${place}/${block}`, numbers)),
        blockTokens,
        fullOnly: true,
      };
    }
  }
}

const expectedForm =
  'a trace is {"block_size": 64, "requests": [{"t": 0, "type": "s", "in": 600, "out": 50, "hash_ids": [1, 2]}]}';

function documentsOf(text: string): { value: unknown; name: string }[] {
  const lines = [...parseJsonLines(text)];
  if (lines.length > 0 && lines.every((line) => "value" in line && isObject(line.value)))
    return lines.flatMap((line) =>
      "value" in line ? [{ value: line.value, name: `the trace of line ${line.line}` }] : [],
    );
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const bad = lines.find((line) => "error" in line);
    throw unusable(`line ${bad?.line ?? 1} of the trace is not JSON, and neither is the file as a whole`, expectedForm);
  }
  return (Array.isArray(document) ? document : [document]).map((value: unknown, place) => ({
    value,
    name: `trace ${place + 1}`,
  }));
}

interface Flat {
  request: Record<string, unknown>;
  where: string;
  atMs: number;
}

function* flattened(requests: unknown, name: string, zeroMs: number): Generator<Flat> {
  if (!Array.isArray(requests)) throw unusable(`${name} cannot be used: it has no list of requests`, expectedForm);
  for (const [place, value] of requests.entries()) {
    const where = `request ${place + 1} of ${name}`;
    const refuse: Refuse = (what) => unusable(`${where} cannot be used: ${what}`, expectedForm);
    const request = objectOf(value, refuse);
    const { t, type } = request;
    if (typeof t !== "number" || !(t >= 0)) throw refuse("t is not a number of seconds");
    const atMs = zeroMs + Math.round(t * 1e6) / 1000;
    if (type === "subagent") {
      yield* flattened(request["requests"], where, countsFromItself(request["requests"], t) ? atMs : zeroMs);
      continue;
    }
    if (type !== "s" && type !== "n") throw refuse('type is none of "s", "n" and "subagent"');
    yield { request, where, atMs };
  }
}

/** Some writers count a sub-agent's times from the sub-agent's beginning, some from the trace's. */
function countsFromItself(requests: unknown, startS: number): boolean {
  const [first] = Array.isArray(requests) ? (requests as unknown[]) : [];
  return isObject(first) && typeof first["t"] === "number" && first["t"] < startS;
}

function numberOf(key: string, numbers: Map<string, number>): number {
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}

function objectOf(value: unknown, refuse: Refuse): Record<string, unknown> {
  if (!isObject(value)) throw refuse("it is not an object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
