/** The telemetry status as lines for a person: everything that the document says, save the influences that are not set. */
import type { TelemetryStatus } from "./status-schema.ts";

export function statusLines(status: TelemetryStatus): string[] {
  return [
    ...(status.statement === null ? [] : [status.statement, ""]),
    ...entry("Telemetry", [`${status.state} (${status.reason}): ${status.reason_text}`]),
    ...entry("Overrides", [...status.overrides.map(overrideLine), ...status.misspelt.map(misspeltLine)]),
    ...entry("Consent", consentLines(status)),
    ...entry("Pending", [pendingLine(status)]),
    ...entry("Ledger", [ledgerLine(status)]),
    ...entry("Upload", [status.upload]),
    ...entry(
      "Layers",
      status.layers.map(({ name, live, text }) => `${name}: ${live ? "live" : "not live"}; ${text}`),
    ),
    ...entry("Influences", influenceLines(status)),
  ];
}

/** What a person has to be told even where only the document is looked at. */
export function statusWarnings({ token, folder }: TelemetryStatus): string[] {
  if (token.rule_text === undefined) return [];
  const mend = token.mend === undefined ? "" : `; to mend that: ${token.mend}`;
  return [`${folder}/secrets/consent.token is not used: ${token.rule_text}${mend}`];
}

const labelWidth = 12;

function entry(label: string, lines: string[]): string[] {
  return lines.map((line, index) => (index === 0 ? label : "").padEnd(labelWidth) + line);
}

function overrideLine({ name, active, found }: TelemetryStatus["overrides"][number]): string {
  return `${name}: ${active ? "active" : "not active"}; ${foundTexts[found]}`;
}

const foundTexts = {
  unset: "not set",
  empty: "set, but empty",
  permits: "set to a value that disables nothing; no value can enable telemetry",
  disables: "set to a value that disables telemetry",
  unknown: "set to a value that InferGuard does not know, which disables telemetry",
};

function misspeltLine({ name, meant }: TelemetryStatus["misspelt"][number]): string {
  return `${name} is set and has no effect: did you mean ${meant}?`;
}

function consentLines({ token, folder }: TelemetryStatus): string[] {
  if (folder === null) return ["no token: neither XDG_CONFIG_HOME nor HOME names a folder for one"];
  const path = `${folder}/secrets/consent.token`;
  if (token.exists === false) return [`no token at ${path}`];
  const exists = token.exists === null ? "cannot be looked at" : "exists";
  if (token.usable) return [`${path} ${exists} and is usable`];
  return [
    `${path} ${exists} and is not used: ${token.rule_text ?? "it breaks a rule"}`,
    ...(token.mend === undefined ? [] : [`to mend that: ${token.mend}`]),
  ];
}

function ledgerLine({ ledger, folder }: TelemetryStatus): string {
  if (ledger.damage !== null) return `damaged, and so telemetry is off: ${ledger.damage}`;
  if (ledger.head === null) return "none yet";
  return `${ledger.entries} entries in ${folder}/ledger.jsonl, head ${ledger.head}`;
}

function pendingLine({ pending, folder }: TelemetryStatus): string {
  if (pending === null) return `${folder}/uploads-pending cannot be counted`;
  if (pending === 0) return "no payloads";
  return `${pending}${pending === 1000 ? " or more" : ""} in ${folder}/uploads-pending: sensitive, and never sent by this release`;
}

function influenceLines({ influences }: TelemetryStatus): string[] {
  const active = influences.filter((influence) => influence.active);
  if (active.length === 0) return [`none of the ${influences.length} variables that InferGuard looks for is set`];
  return active.map(({ name, effect }) => `${name} is set. ${effect}`);
}
