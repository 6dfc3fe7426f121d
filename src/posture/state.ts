/**
 * Whether telemetry is on: a pure function of the environment, of what lies in the configuration folder and of the time,
 * worked out afresh at each use. It has an answer for everything, and everything that it does not know is off.
 */
import type { ConsentFiles } from "./consent-files.ts";
import type { Grant } from "./consent-grant.ts";
import type { LedgerBody, LedgerEntry } from "./ledger-entry.ts";
import { type Environment, type Override, overridesIn } from "./overrides.ts";
import { payloadSchemaHash } from "./payload-schema.ts";
import { type BrokenRule, brokenTokenRule, brokenWayRule } from "./token-rule.ts";

/** Public: scripts branch on these words. The overrides come first, in this order. */
export type DisabledReason =
  | "Denied:DoNotTrack"
  | "Denied:EnvironmentDisabled"
  | "Denied:UserDisabled"
  | "Denied:ConsentUnsafe"
  | "Denied:ConsentInvalid"
  | "Denied:ConsentMissing"
  | "Denied:SchemaChanged"
  | "Denied:ConsentExpired"
  | "Denied:Default";

export type TelemetryState = {
  overrides: Override[];
  token: TokenState;
  /** Null when they could not be counted. */
  pending: number | null;
} & (
  | { state: "disabled"; reason: DisabledReason }
  | { state: "enabled"; reason: "Allowed:UserExplicitlyEnabled"; grant: Grant }
);

export interface TokenState {
  /** Null when it cannot be told. */
  exists: boolean | null;
  usable: boolean;
  /** The rule that makes it unusable, what that rule is about in one sentence, and the command that mends it. */
  rule?: string;
  rule_text?: string;
  mend?: string;
}

export function telemetryState(environment: Environment, files: ConsentFiles, now: Date): TelemetryState {
  const overrides = overridesIn(environment);
  const broken = tokenDenial(files, now);
  const common = { overrides, token: tokenState(files, broken?.rule ?? null), pending: files.pending };
  const denied = overrideDenial(overrides) ?? consentDenial(files, broken);
  if (denied === null && files.grant !== null)
    return { state: "enabled", reason: "Allowed:UserExplicitlyEnabled", grant: files.grant, ...common };
  return { state: "disabled", reason: denied ?? "Denied:ConsentInvalid", ...common };
}

function overrideDenial(overrides: Override[]): DisabledReason | null {
  const active = overrides.find((override) => override.active);
  if (active === undefined) return null;
  return active.name === "DO_NOT_TRACK" ? "Denied:DoNotTrack" : "Denied:EnvironmentDisabled";
}

interface TokenDenial {
  denied: DisabledReason;
  rule: BrokenRule;
}

/** Who said no is off, whatever token is found later: one from a backup, say. */
function consentDenial({ token, ledger, folder }: ConsentFiles, broken: TokenDenial | null): DisabledReason | null {
  if (folder === null) return "Denied:Default";
  const decision = lastDecision(ledger.entries);
  if (decision?.kind === "consent-withdrawn" && ledger.damage === null) return "Denied:UserDisabled";
  if (broken !== null) return broken.denied;
  if (token.is !== "absent") return null;
  if (ledger.damage !== null) return "Denied:ConsentInvalid";
  return decision === null ? "Denied:Default" : "Denied:ConsentMissing";
}

/** Null when there is no token, and when it may be used. */
function tokenDenial({ folder, way, token, grant, ledger }: ConsentFiles, now: Date): TokenDenial | null {
  if (folder === null || token.is === "absent") return null;
  const unsafe = brokenWayRule(folder, way) ?? brokenTokenRule(folder, token);
  if (unsafe !== null) return { denied: "Denied:ConsentUnsafe", rule: unsafe };
  const invalid = (rule: string, text: string) => ({
    denied: "Denied:ConsentInvalid" as const,
    rule: { rule, text, mend },
  });
  if (ledger.damage !== null)
    return invalid("ledger_damaged", `the ledger beside it is damaged: ${ledger.damage.text}`);
  if (grant === null) return invalid("token_content", "consent.token does not hold a grant of InferGuard's");
  if (!isLastDecision(grant, lastDecision(ledger.entries)))
    return invalid("token_not_in_ledger", "the grant in consent.token is not the last decision in the ledger");
  if (new Date(grant.granted_at) > now) return invalid("token_in_future", "the grant is dated later than now");
  if (grant.payload_schema_sha256 !== payloadSchemaHash)
    return {
      denied: "Denied:SchemaChanged",
      rule: { rule: "schema_changed", text: "consent was given to another payload", mend },
    };
  if (new Date(grant.expires_at) <= now)
    return {
      denied: "Denied:ConsentExpired",
      rule: { rule: "token_expired", text: `consent ended at ${grant.expires_at}`, mend },
    };
  return null;
}

/** Consent has to be given again; nothing that is there is taken for it. */
const mend = "inferguard telemetry disable && inferguard telemetry enable";

type Decision = Extract<LedgerBody, { kind: "consent-granted" | "consent-withdrawn" }>;

/** Whether yes or no was said last, if anything. */
export function lastDecision(entries: readonly Pick<LedgerEntry, "body">[]): Decision | null {
  const last = entries.findLast(({ body }) => body.kind === "consent-granted" || body.kind === "consent-withdrawn");
  return (last?.body as Decision | undefined) ?? null;
}

function isLastDecision(grant: Grant, decision: Decision | null): boolean {
  return (
    decision?.kind === "consent-granted" &&
    decision.at === grant.granted_at &&
    decision.expires_at === grant.expires_at &&
    decision.payload_schema_sha256 === grant.payload_schema_sha256
  );
}

function tokenState({ token }: ConsentFiles, rule: BrokenRule | null): TokenState {
  const exists = token.is === "unknown" ? null : token.is !== "absent";
  if (rule === null) return { exists, usable: exists === true };
  return { exists, usable: false, rule: rule.rule, rule_text: rule.text, ...(rule.mend && { mend: rule.mend }) };
}
