/** What a person is shown before they are asked for consent: all of it, worked out from the code that it describes. */
import { budgetDays, budgetEpsilonMilli } from "./ledger-budget.ts";
import { consentDays } from "./consent-grant.ts";
import { capacityBits } from "./payload-capacity.ts";
import { fieldNames, type FieldName, payloadFields, payloadKinds } from "./payload-fields.ts";
import { leftOut } from "./payload-left-out.ts";
import { PAYLOAD_SCHEMA, payloadSchemaHash } from "./payload-schema.ts";
import type { ShownFolder } from "./private-folder.ts";

export function disclosureLines(folder: ShownFolder): string[] {
  return [
    "No upload exists in this release: nothing is sent, and nothing here can send it.",
    `What you would allow is one thing: after a run, one payload is written to ${folder}/uploads-pending,`,
    "where you can read it. A release that could send would have to ask you again.",
    "",
    `The payload (${PAYLOAD_SCHEMA}, schema SHA-256 ${payloadSchemaHash}):`,
    ...fieldNames.flatMap(fieldLines),
    "Every field can also say that it is withheld, and why. There is nothing else in it but the kind of run,",
    "whether it was measured or simulated, and how the noise was made. The most that one can convey:",
    ...payloadKinds.map((kind) => `  ${kind}: ${capacityBits(kind).toFixed(1)} bits`),
    "",
    "Never collected:",
    ...leftOut.map(({ what, why }) => `  ${what}: ${why}`),
    "",
    "Noise and budget:",
    "  Each value gets its noise from exact integer samplers, by the mechanism and with the epsilon above; delta is 0.",
    "  `row` protects one request's record in a run, `run` the whole run.",
    `  Within ${budgetDays} days, releases of at most epsilon ${budgetEpsilonMilli / 1000} are written for each of the two; then none are.`,
    "",
    "Consent:",
    `  It is bound to this schema, covers runs that start after it, and ends after ${consentDays} days.`,
    `  It is kept in ${folder}/secrets/consent.token, and what was decided in ${folder}/ledger.jsonl.`,
    "  `inferguard telemetry disable` ends it at once, and deletes the payloads.",
    "  DO_NOT_TRACK and INFERGUARD_TELEMETRY switch it off, whatever you say here.",
  ];
}

function fieldLines(name: FieldName): string[] {
  const { meaning, buckets, mechanism, unit, epsilonMilli } = payloadFields[name];
  const noise = `${mechanism.replace("k_ary", "k-ary").replaceAll("_", " ")}, epsilon ${epsilonMilli / 1000} (${unit.replaceAll("_", " ")})`;
  return [
    `  ${name}: ${meaning}`,
    `    one of ${buckets.length} values, from "${buckets[0]}" to "${buckets.at(-1)}"; ${noise}`,
  ];
}
