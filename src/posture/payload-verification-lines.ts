/** The answer of `telemetry verify-payload` as lines for a person: the exact bytes first, then what is to be said of them. */
import type { Verification } from "./payload-verification.ts";

/** @param shown makes a text from elsewhere harmless to a terminal, on one line */
export function verificationLines(verification: Verification, shown: (text: string) => string): string[] {
  const { payload } = verification;
  return [
    ...(payload === null
      ? ["The payload is refused, and so it is not shown."]
      : ["The exact payload:", "", ...payload.trimEnd().split("\n")]),
    "",
    ...entry("Schema", [verification.payload_schema, `schema SHA-256 ${verification.payload_schema_sha256}`]),
    ...entry("Redaction", [verification.redaction.status]),
    ...contentLines(verification),
    ...entry(
      "Left out",
      verification.left_out.map(({ what, why }) => `${what}: ${why}`),
    ),
    ...entry("Incomplete", verification.incomplete),
    ...entry(
      "Overrides",
      verification.overrides.map(({ name, active }) => `${name}: ${active ? "active" : "not active"}`),
    ),
    ...entry("Text", [textLine(verification)]),
    ...promptLines(verification, shown),
    "",
    `This payload cannot be sent: ${verification.reasons.map(({ code, text }) => `${text} (${code})`).join("; ")}.`,
  ];
}

const labelWidth = 12;

function entry(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? label : "").padEnd(labelWidth) + line);
}

function contentLines({
  kind,
  claim,
  payload_bytes,
  payload_sha256,
  fields,
  dp,
  capacity_bits,
}: Verification): string[] {
  if (fields === null || dp === null) return [];
  return [
    ...entry("Kind", [`${kind}, ${claim}`]),
    ...entry("Bytes", [`${payload_bytes}, SHA-256 ${payload_sha256}`]),
    ...entry("Capacity", [`at most ${capacity_bits} bits, whatever the run was`]),
    ...entry("Fields", fields.map(fieldLine)),
    ...entry("Privacy", [
      `row: epsilon ${dp.row.epsilon}, delta ${dp.delta}; ${dp.row.neighbours}`,
      `run: epsilon ${dp.run.epsilon}, delta ${dp.delta}, for ${dp.run.protects_only.join(" and ")} only; ${dp.run.neighbours}`,
    ]),
  ];
}

function fieldLine({ name, value, values, withheld, mechanism, unit, epsilon }: Field): string {
  const noise = mechanism === null ? "" : `${mechanism}, epsilon ${epsilon} (${unit?.replaceAll("_", " ")})`;
  if (withheld !== null) return `${name}: withheld${noise === "" ? "" : ` after ${noise}`}; ${withheld.text}`;
  return `${name}: ${value}; one of ${values} values, ${noise}`;
}

type Field = NonNullable<Verification["fields"]>[number];

function textLine({ text, prompts }: Verification): string {
  if (text.kept === null) return "a pending payload does not say which run it is of";
  if (!text.kept) return "the run kept none";
  const where = "the run kept prompts and outputs in its text.jsonl; nothing of it is in a payload";
  return prompts === undefined ? `${where}. --show-prompts shows the prompts` : where;
}

function promptLines({ prompts }: Verification, shown: (text: string) => string): string[] {
  if (prompts === undefined) return [];
  return [
    "",
    "The prompts that the run kept, which are not in the payload:",
    ...prompts.flatMap(({ id, texts, left_out }) => [
      ...texts.map((text) => `  request ${id}: ${shown(text)}`),
      ...(left_out === 0 ? [] : [`  request ${id}: ${left_out} more of models, of tools or not text, not shown`]),
    ]),
  ];
}
