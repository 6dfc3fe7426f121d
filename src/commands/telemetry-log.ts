/** `inferguard telemetry log`: what was decided and written, from the ledger, and whether the ledger is whole. */
import { exitCode, type ExitCode, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { type Chain, headOf, type Verdict, verifyChain } from "../posture/ledger-chain.ts";
import { ledgerLines } from "../posture/ledger-lines.ts";
import { readLedger } from "../posture/ledger-file.ts";
import { readEnvironment } from "../posture/overrides.ts";
import { findPrivateFolder } from "../posture/private-folder.ts";

export interface LogOptions {
  /** How many of the last entries are shown. */
  last: number;
  verify: boolean;
  /** Asking for either is asking to verify. */
  expectHead?: string;
  seed?: string;
}

export function telemetryLog(options: LogOptions): { document: string; lines: string[]; exitCode: ExitCode } {
  const chain = chainOfThisUser();
  const { expectHead: head, seed } = options;
  const isVerified = options.verify || head !== undefined || seed !== undefined;
  const verdict = isVerified ? verifyChain(chain, { ...(head && { head }), ...(seed && { seed }) }) : null;
  return {
    document: prettyJson(documentOf(chain, options.last, verdict)),
    lines: ledgerLines(chain, options.last, verdict),
    exitCode: (verdict?.ok ?? chain.damage === null) ? exitCode.ok : exitCode.bad,
  };
}

function chainOfThisUser(): Chain {
  const folder = findPrivateFolder(readEnvironment());
  if (folder === null)
    throw new UserError("there is no ledger: neither XDG_CONFIG_HOME nor HOME names a folder", {
      exitCode: exitCode.cannotRun,
    });
  return readLedger(folder.path);
}

function documentOf(chain: Chain, last: number, verdict: Verdict | null) {
  return {
    schema: "inferguard-telemetry-log/v1",
    entries: chain.entries.slice(-last).map(({ index, body, hash }) => ({ index, ...body, hash })),
    total: chain.entries.length,
    head: headOf(chain),
    torn: chain.tornBytes > 0,
    damage: chain.damage,
    verified: verdict,
  };
}
