/**
 * One line of the ledger: what happened, chained to everything before it. The hash of an entry is
 * SHA-256("inferguard-ledger-v1" || hash of the entry before || canonical JSON of its number and body), and its MAC is
 * HMAC-SHA-256(key of this entry, hash). No body can hold a host, a path, a prompt or a token: every member is a number, a
 * date, a hash or one of a few words.
 */
import { createHash, createHmac } from "node:crypto";
import { canonicalJson } from "../json.ts";
import { areConsentScopes } from "./consent-grant.ts";
import { hasShape, isCount, isHash, isOneOf, isSecond, type Shape, type Shaped } from "./private-record.ts";

const shapes = {
  /** The first of every ledger. `seed_sha256` commits to the seed of the keys. */
  "ledger-started": { seed_sha256: isHash, follows: isOneOf("nothing", "damaged-ledger") },
  "consent-granted": { payload_schema_sha256: isHash, expires_at: isSecond, scopes: areConsentScopes },
  "consent-withdrawn": {},
  /** A payload was written, and this much of the privacy budget spent, in thousandths of an epsilon. */
  release: {
    payload_kind: isOneOf("bench-summary", "agent-trace-summary", "metrics-rollup"),
    payload_sha256: isHash,
    run_digest: isHash,
    row_epsilon_milli: isCount,
    run_epsilon_milli: isCount,
  },
} satisfies Record<string, Shape>;

type Shapes = typeof shapes;
export type LedgerKind = keyof Shapes;

/** What an entry says, before it has a time and a place in the chain. */
export type LedgerFact = { [K in LedgerKind]: { kind: K } & Shaped<Shapes[K]> }[LedgerKind];

export type LedgerBody = LedgerFact & { at: string };

export interface LedgerEntry {
  /** From 0. */
  index: number;
  body: LedgerBody;
  /** Of this entry: after the last one, the head of the ledger. */
  hash: string;
  mac: string;
}

/** What the first entry follows. */
export const noHash = "0".repeat(64);

export function sealEntry(index: number, prev: string, body: LedgerBody, key: Uint8Array): LedgerEntry {
  const hash = hashOf(index, prev, body);
  return { index, body, hash, mac: macOf(hash, key) };
}

export function encodeEntry({ index, body, mac }: LedgerEntry, prev: string): string {
  return `${canonicalJson({ v: 1, i: index, prev, body, mac })}\n`;
}

export type LineFault = "not-an-entry" | "unknown-version" | "wrong-number" | "broken-link";

/** The entry in a line without its newline, or what is wrong with it as the one with this number after `prev`. */
export function decodeEntry(line: string, index: number, prev: string): LedgerEntry | LineFault {
  const value = parse(line);
  if (typeof value !== "object" || value === null) return "not-an-entry";
  if ("v" in value && typeof value.v === "number" && value.v > 1) return "unknown-version";
  if (!hasShape(value, lineShape) || canonicalJson(value) !== line) return "not-an-entry";
  if (value.i !== index) return "wrong-number";
  if (value.prev !== prev) return "broken-link";
  return { index, body: value.body, hash: hashOf(index, prev, value.body), mac: value.mac };
}

export function macOf(hash: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(hash, "hex").digest("hex");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const isBody = (value: unknown): value is LedgerBody => {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const kind = value.kind as LedgerKind;
  if (!Object.hasOwn(shapes, kind)) return false;
  return hasShape(value, { ...shapes[kind], kind: isOneOf(kind), at: isSecond });
};

const lineShape = { v: isOneOf(1), i: isCount, prev: isHash, body: isBody, mac: isHash };

function hashOf(index: number, prev: string, body: LedgerBody): string {
  return createHash("sha256")
    .update("inferguard-ledger-v1")
    .update(prev, "hex")
    .update(canonicalJson({ i: index, body }))
    .digest("hex");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
