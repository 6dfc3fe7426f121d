/** The ledger as a chain: read without a key, then checked against what the operator kept elsewhere. */
import { decodeEntry, type LedgerEntry, type LineFault, macOf, noHash, sha256 } from "./ledger-entry.ts";
import { keyAt } from "./ledger-key.ts";

export interface Chain {
  /** Up to the first that is damaged. */
  entries: LedgerEntry[];
  /** What follows the last newline: its writer was killed half-way, and it is no entry. */
  tornBytes: number;
  damage: Damage | null;
}

export interface Damage {
  code: LineFault | "no-start" | "unreadable" | "too-long" | "entries-missing" | "key-missing" | "key-broken";
  /** One sentence. */
  text: string;
}

export function readChain(bytes: Uint8Array): Chain {
  const wholeLength = bytes.lastIndexOf(0x0a) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, wholeLength)).split("\n").slice(0, -1);
  const entries: LedgerEntry[] = [];
  const upTo = (damage: Damage | null): Chain => ({ entries, tornBytes: bytes.length - wholeLength, damage });
  for (const [index, line] of lines.entries()) {
    const entry = decodeEntry(line, index, entries.at(-1)?.hash ?? noHash);
    if (typeof entry === "string") return upTo({ code: entry, text: `line ${index + 1} ${faultTexts[entry]}` });
    if ((index === 0) !== (entry.body.kind === "ledger-started"))
      return upTo({ code: "no-start", text: `line ${index + 1} is not what a ledger has there: it starts once` });
    entries.push(entry);
  }
  return upTo(null);
}

const faultTexts: Record<LineFault, string> = {
  "not-an-entry": "is not an entry of the ledger",
  "unknown-version": "was written by a newer release",
  "wrong-number": "has the number of another entry",
  "broken-link": "does not follow the one before it",
};

export function headOf({ entries }: Pick<Chain, "entries">): string | null {
  return entries.at(-1)?.hash ?? null;
}

export interface Verdict {
  ok: boolean;
  /** Each of what was checked, or why it was not. */
  checks: { name: "chain" | "head" | "macs"; ok: boolean | null; text: string }[];
}

/** @param seed 32 bytes in hexadecimal, as `enable` showed them. */
export function verifyChain(chain: Chain, expected: { head?: string; seed?: string } = {}): Verdict {
  const checks = [chainCheck(chain), headCheck(chain, expected.head), macCheck(chain, expected.seed)];
  return { ok: checks.every(({ ok }) => ok !== false), checks };
}

type Check = Verdict["checks"][number];

function chainCheck({ entries, tornBytes, damage }: Chain): Check {
  if (damage !== null) return { name: "chain", ok: false, text: damage.text };
  const torn = tornBytes === 0 ? "" : "; a last line that was written half is left out";
  return { name: "chain", ok: true, text: `${entries.length} entries, each follows the one before it${torn}` };
}

/** A head that was kept earlier is inside a ledger that has grown since. */
function headCheck({ entries }: Chain, head: string | undefined): Check {
  if (head === undefined)
    return { name: "head", ok: null, text: "not checked: only --expect-head shows that nothing was cut off the end" };
  const index = entries.findIndex(({ hash }) => hash === head);
  if (index < 0)
    return { name: "head", ok: false, text: "the expected head is not in the ledger: it was cut or rewritten" };
  const since = entries.length - 1 - index;
  return { name: "head", ok: true, text: `the expected head is entry ${index}, and ${since} have come since` };
}

function macCheck({ entries }: Chain, seed: string | undefined): Check {
  if (seed === undefined)
    return { name: "macs", ok: null, text: "not checked: --seed-file shows that nobody has rewritten the ledger" };
  const start = entries[0]?.body;
  if (start?.kind !== "ledger-started" || start.seed_sha256 !== sha256(Buffer.from(seed, "hex")))
    return { name: "macs", ok: false, text: "the seed is not this ledger's" };
  let key = { i: 0, key: seed };
  for (const { index, hash, mac } of entries) {
    key = { i: index, key: keyAt(index, key).toString("hex") };
    if (mac !== macOf(hash, Buffer.from(key.key, "hex")))
      return { name: "macs", ok: false, text: `the MAC of entry ${index} is wrong: it was rewritten` };
  }
  return { name: "macs", ok: true, text: "every entry has the MAC of its key" };
}
