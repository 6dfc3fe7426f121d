/** The ledger as lines for a person. */
import { type Chain, headOf, type Verdict } from "./ledger-chain.ts";
import type { LedgerBody, LedgerEntry } from "./ledger-entry.ts";

/** The last entries, then whether the whole is as it should be. */
export function ledgerLines(chain: Chain, last: number, verdict: Verdict | null): string[] {
  const { entries, damage } = chain;
  const shown = entries.slice(-last);
  return [
    ...(entries.length === 0
      ? ["The ledger has no entries: nothing was decided or written yet."]
      : shown.map(entryLine)),
    ...(shown.length < entries.length
      ? [`${entries.length - shown.length} earlier entries are not shown (--last).`]
      : []),
    "",
    `Head  ${headOf(chain) ?? "none"}`,
    ...(verdict === null && damage !== null ? [`Damaged: ${damage.text}.`] : []),
    ...(verdict?.checks.map(({ name, ok, text }) => `${marks[`${ok}`]}  ${name}: ${text}`) ?? []),
  ];
}

const marks = { true: "good", false: "BAD ", null: "-   " };

function entryLine({ index, body }: LedgerEntry): string {
  return `${`${index}`.padStart(4)}  ${body.at}  ${body.kind.padEnd(17)}  ${detailOf(body)}`.trimEnd();
}

function detailOf(body: LedgerBody): string {
  switch (body.kind) {
    case "ledger-started":
      return body.follows === "nothing" ? "" : "after a damaged ledger, which was set aside";
    case "consent-granted":
      return `until ${body.expires_at}, for the schema ${body.payload_schema_sha256.slice(0, 12)}`;
    case "consent-withdrawn":
      return "";
    case "release":
      return `${body.payload_kind} ${body.payload_sha256.slice(0, 12)}, epsilon ${body.row_epsilon_milli / 1000} (row), ${body.run_epsilon_milli / 1000} (run)`;
  }
}
