/**
 * `inferguard telemetry enable`, in two steps: what a person is to read first, and then, once they have said yes, the
 * grant. Before the second step nothing at all is written. It opens no connection.
 */
import { join } from "node:path";
import { wallClock } from "../clock.ts";
import { exitCode, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { disclosureLines } from "../posture/consent-disclosure.ts";
import { type ConsentFiles, lookAtConsentFiles } from "../posture/consent-files.ts";
import { encodeGrant, type Grant, newGrant } from "../posture/consent-grant.ts";
import { withLedger } from "../posture/ledger.ts";
import { type Environment, overridesIn, readEnvironment } from "../posture/overrides.ts";
import { payloadSchemaHash } from "../posture/payload-schema.ts";
import { makePrivateDirectory, replacePrivateFile } from "../private/file.ts";
import { findPrivateFolder, type PrivateFolder } from "../posture/private-folder.ts";
import { wayTo } from "../posture/private-way.ts";
import { telemetryState } from "../posture/state.ts";
import { type BrokenRule, brokenTokenRule, brokenWayRule } from "../posture/token-rule.ts";

export interface EnablePlan {
  /** What is to be shown before the question. */
  disclosure: string[];
  /** Consent that is in force already, which needs no question. */
  inForce: Grant | null;
}

/** @throws UserError: exit code 4 when the posture refuses, 3 when consent cannot be kept here. */
export function planEnable(): EnablePlan {
  const environment = readEnvironment();
  const { folder, files } = placeForConsent(environment);
  const state = telemetryState(environment, files, wallClock());
  return { disclosure: disclosureLines(folder.shown), inForce: state.state === "enabled" ? state.grant : null };
}

/** @throws UserError as `planEnable`, which may have been a while ago. */
export async function enableTelemetry(operatorToken: string | null): Promise<{ document: string; lines: string[] }> {
  const environment = readEnvironment();
  const { folder } = placeForConsent(environment);
  const now = wallClock();
  const grant = newGrant(payloadSchemaHash, now);
  const ledger = await withLedger(
    folder,
    ({ append, seed }) => {
      const { hash } = append({
        kind: "consent-granted",
        payload_schema_sha256: grant.payload_schema_sha256,
        expires_at: grant.expires_at,
        scopes: grant.scopes,
      });
      writeToken(folder, encodeGrant(grant, operatorToken));
      return { head: hash, seed };
    },
    { now },
  );
  const { state, reason } = telemetryState(environment, lookAtConsentFiles(environment), now);
  return {
    document: prettyJson({ schema: ENABLE_SCHEMA, changed: true, state, reason, ...grantFacts(grant), ledger }),
    lines: [...grantLines(folder, grant), ...ledgerLines(ledger)],
  };
}

/** The answer when there is nothing to do. */
export function alreadyEnabled(grant: Grant): { document: string; lines: string[] } {
  const reason = "Allowed:UserExplicitlyEnabled";
  return {
    document: prettyJson({ schema: ENABLE_SCHEMA, changed: false, state: "enabled", reason, ...grantFacts(grant) }),
    lines: [
      `Telemetry is enabled already, since ${grant.granted_at} and until ${grant.expires_at}. Nothing was changed.`,
    ],
  };
}

const ENABLE_SCHEMA = "inferguard-telemetry-enable/v1";

function placeForConsent(environment: Environment): { folder: PrivateFolder; files: ConsentFiles } {
  for (const { name, active } of overridesIn(environment))
    if (active)
      throw refused(
        `telemetry stays off: the environment variable ${name} forbids it`,
        `unset ${name} where you want telemetry`,
      );
  // Windows: its files have no mode, and no owner that Node could tell.
  if (process.geteuid === undefined) throw cannotKeep("this system's files have no owner and no mode");
  const folder = findPrivateFolder(environment);
  if (folder === null) throw cannotKeep("neither XDG_CONFIG_HOME nor HOME names a folder");
  const files = lookAtConsentFiles(environment);
  const broken = brokenWayRule(folder.shown, files.way) ?? brokenTokenRule(folder.shown, files.token);
  if (broken !== null) throw unsafe(broken);
  if (files.ledger.damage !== null)
    throw new UserError(`the ledger in ${folder.shown} is damaged: ${files.ledger.damage.text}`, {
      exitCode: exitCode.cannotRun,
      hint: "`inferguard telemetry disable` sets it aside and starts a new one",
    });
  return { folder, files };
}

function writeToken(folder: PrivateFolder, text: string): void {
  const secrets = join(folder.path, "secrets");
  makePrivateDirectory(secrets);
  // What was missing before is there now, and has to be as it should be.
  const broken = brokenWayRule(folder.shown, wayTo(folder));
  if (broken !== null) throw unsafe(broken);
  replacePrivateFile(secrets, "consent.token", text);
}

function grantFacts({ granted_at, expires_at, scopes, payload_schema_sha256 }: Grant) {
  return { granted_at, expires_at, scopes, payload_schema_sha256, upload: "none in this release" };
}

function grantLines({ shown }: PrivateFolder, { expires_at: expiresAt }: Grant): string[] {
  return [
    `Telemetry is enabled: payloads of runs that start from now on are written to ${shown}/uploads-pending.`,
    "Nothing is sent: no upload exists in this release.",
    `Consent ends at ${expiresAt}; \`inferguard telemetry disable\` ends it at once.`,
  ];
}

function ledgerLines({ head, seed }: { head: string; seed: string | null }): string[] {
  const kept = [`Ledger head: ${head}`];
  if (seed === null) return kept;
  return [
    ...kept,
    `Ledger seed: ${seed}`,
    "The seed is shown this once. Keep both off this machine: with them `inferguard telemetry log --verify` shows",
    "whether anybody has cut or rewritten the ledger.",
  ];
}

function unsafe({ text, mend }: BrokenRule): UserError {
  return refused(`consent is not kept where it is not safe: ${text}`, mend ?? "mend that, and try again");
}

function refused(message: string, hint: string): UserError {
  return new UserError(message, { exitCode: exitCode.refused, hint });
}

function cannotKeep(why: string): UserError {
  return new UserError(`consent cannot be kept here: ${why}`, { exitCode: exitCode.cannotRun });
}
