/**
 * HTTP responses: the same bytes give the same reading however they are cut, and the reading that Node's parser gives,
 * known differences apart.
 */
import { type Random, seededRandom } from "../../src/random.ts";
import { drawCuts } from "./draw-cuts.ts";
import { drawResponse } from "./draw-response.ts";
import type { Disagreement, FuzzOptions, FuzzResult } from "./fuzz-result.ts";
import { passedOver, stricter } from "./known-differences.ts";
import { isWholeForNode, readWithNode } from "./read-with-node.ts";
import { readWithOurs } from "./read-with-ours.ts";
import { type Reading, sameResponse } from "./reading.ts";

export function fuzzResponses(options: FuzzOptions): FuzzResult {
  const known = new Map<string, number>([...passedOver, ...stricter].map(({ name }) => [name, 0]));
  const disagreements: Disagreement[] = [];
  let cases = 0;
  for (; cases < options.cases && disagreements.length < options.most; cases++) {
    const number = options.first + cases;
    const random = seededRandom(options.seed, `responses ${number}`);
    const text = drawResponse(random);
    const found = judge(text, random);
    if (found === null) continue;
    if ("known" in found) for (const name of found.known) known.set(name, (known.get(name) ?? 0) + 1);
    else disagreements.push({ number, ...minimise(text, found) });
  }
  return { cases, known, disagreements };
}

type Found = { known: string[] } | Omit<Disagreement, "number">;

function judge(text: string, random: Random): Found | null {
  const bytes = Buffer.from(text, "latin1");
  const whole = readWithOurs(bytes, []);
  const cuts = drawCuts(random, bytes.length);
  const cut = readWithOurs(bytes, cuts);
  if (!sameResponse(whole, cut) || whole.taken !== cut.taken)
    return { what: "other when cut", bytes: text, cuts, ours: cut, theirs: whole };
  return compareWithNode(text, bytes, whole);
}

function compareWithNode(text: string, bytes: Buffer, ours: Reading): Found | null {
  const node = readWithNode(bytes);
  if (!agree(ours, node)) {
    const known = explain(text, ours);
    return known.length > 0 ? { known } : { what: kindOf(ours, node), bytes: text, cuts: [], ours, theirs: node };
  }
  if (ours.error === null && ours.taken < bytes.length && !endsForNodeAt(bytes, ours.taken))
    return { what: "ends elsewhere", bytes: text, cuts: [], ours, theirs: node };
  return null;
}

function agree(ours: Reading, node: Reading): boolean {
  return (ours.error !== null && node.error !== null) || sameResponse(ours, node);
}

/** The names of the known differences that together explain why the two do not agree; none when they do not. */
function explain(text: string, ours: Reading): string[] {
  const names: string[] = [];
  let rewritten = text;
  for (const { name, rewrite } of passedOver) {
    const next = rewrite(rewritten);
    if (next !== rewritten) names.push(name);
    rewritten = next;
  }
  const bytes = Buffer.from(rewritten, "latin1");
  const [oursNow, nodeNow] = [readWithOurs(bytes, []), readWithNode(bytes)];
  const isAsBefore =
    (oursNow.error === null) === (ours.error === null) &&
    oursNow.body === ours.body &&
    oursNow.keepAlive === ours.keepAlive;
  if (!isAsBefore) return [];
  if (agree(oursNow, nodeNow)) return names;
  const rule = stricter.find(({ explains }) => explains(rewritten, oursNow, nodeNow));
  return rule === undefined ? [] : [...names, rule.name];
}

/** Node's parser does not say where a response ended: it must be whole there, and not a byte before. */
function endsForNodeAt(bytes: Buffer, end: number): boolean {
  return isWholeForNode(bytes.subarray(0, end)) && !isWholeForNode(bytes.subarray(0, end - 1));
}

/** What kind of disagreement: minimising keeps it. */
function kindOf(ours: Reading, node: Reading): string {
  if (ours.error !== null) return `we refuse (${ours.error})`;
  if (node.error !== null) return `Node refuses (${node.error})`;
  const fields = (["status", "headers", "body", "keepAlive"] as const).filter((field) => ours[field] !== node[field]);
  return `another ${fields.join(", ")}`;
}

/** Cuts out all that can go without the disagreement going too, in halves and then in single bytes. */
function minimise(text: string, found: Omit<Disagreement, "number">): Omit<Disagreement, "number"> {
  // A difference between two ways of cutting is rare, and short enough as it is.
  if (found.cuts.length > 0) return found;
  let smallest = found;
  for (let size = text.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at < smallest.bytes.length;) {
      const shorter = smallest.bytes.slice(0, at) + smallest.bytes.slice(at + size);
      const bytes = Buffer.from(shorter, "latin1");
      const next = compareWithNode(shorter, bytes, readWithOurs(bytes, []));
      if (next !== null && "what" in next && next.what === found.what) smallest = next;
      else at += size;
    }
  return smallest;
}
