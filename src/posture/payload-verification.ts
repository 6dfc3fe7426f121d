/** What `telemetry verify-payload` answers, as a document. It is worked out from what it is given, and opens nothing. */
import { capacityBits } from "./payload-capacity.ts";
import {
  fieldNames,
  payloadFields,
  rowNeighbours,
  runNeighbours,
  type WithheldReason,
  withheldReasons,
} from "./payload-fields.ts";
import { leftOut } from "./payload-left-out.ts";
import { PAYLOAD_SCHEMA, payloadSchemaHash } from "./payload-schema.ts";
import type { Refusal } from "./payload-tripwire.ts";
import { type PayloadContent, spentMilli } from "./payload.ts";

/** The bytes of a payload as they would lie in a pending file, and what they say. */
export interface Candidate {
  text: string;
  sha256: string;
  /** Null when the bytes are no payload. */
  content: PayloadContent | null;
  /** Anything here, and neither the bytes nor what they say is shown. */
  refusals: readonly Refusal[];
}

export interface Circumstances {
  source: "run" | "pending_file";
  overrides: readonly { name: string; active: boolean }[];
  /** Whether the run kept text. Null where that is not known, as with a pending file. */
  hasText: boolean | null;
  /** What keeps the payload from being of the whole run, one sentence each. */
  incomplete: readonly string[];
  /** Only where they were asked for. */
  prompts: readonly PromptShown[] | null;
  reasons: readonly CannotBeSent[];
}

export interface PromptShown {
  /** The request's id. */
  id: number;
  /** What the user and the system said; what a model or a tool said is left out. */
  texts: readonly string[];
  left_out: number;
}

export interface CannotBeSent {
  /** A code of the posture. */
  code: string;
  /** What it means, as a clause. */
  text: string;
}

export type Verification = ReturnType<typeof verificationOf>;

export function verificationOf({ text, sha256, content, refusals }: Candidate, circumstances: Circumstances) {
  const refused = refusals.length > 0 || content === null;
  return {
    schema: "inferguard-payload-verification/v1",
    source: circumstances.source,
    payload_schema: PAYLOAD_SCHEMA,
    payload_schema_sha256: payloadSchemaHash,
    kind: refused ? null : content.kind,
    claim: refused ? null : content.claim,
    redaction: refused
      ? { status: `refused: ${refusals.map(refusalText).join(", ")}`, found: refusals }
      : { status: "not applicable: no free text can be represented", found: [] },
    /** The exact bytes; they are ASCII. */
    payload: refused ? null : text,
    payload_bytes: refused ? null : text.length,
    payload_sha256: refused ? null : sha256,
    fields: refused ? null : fieldsOf(content),
    left_out: leftOut.map((entry) => ({ ...entry })),
    incomplete: circumstances.incomplete,
    dp: refused ? null : privacyOf(content),
    capacity_bits: refused ? null : capacityBits(content.kind),
    overrides: circumstances.overrides.map(({ name, active }) => ({ name, active })),
    text: { kept: circumstances.hasText },
    prompts: circumstances.prompts ?? undefined,
    sendable: false as const,
    reasons: circumstances.reasons.map(({ code, text: why }) => ({ code, text: why })),
  };
}

function fieldsOf({ kind, outcomes }: PayloadContent) {
  return fieldNames.map((name) => {
    const { meaning, buckets, mechanism, unit, epsilonMilli, smallestN, kinds } = payloadFields[name];
    const outcome = outcomes[name];
    const isWithheld = "withheld" in outcome;
    const isSpent = !isWithheld || outcome.spent;
    return {
      name,
      meaning,
      value: isWithheld ? "withheld" : (buckets[outcome.bucket] as string),
      values: kinds[kind] === undefined ? 0 : buckets.length,
      withheld: isWithheld ? { code: outcome.withheld, text: whyWithheld(outcome.withheld, smallestN) } : null,
      mechanism: isSpent ? mechanism : null,
      unit: isSpent ? unit : null,
      epsilon: isSpent ? epsilonMilli / 1000 : 0,
    };
  });
}

function whyWithheld(reason: WithheldReason, smallestN: number | null): string {
  return reason === "n_too_small" ? `${withheldReasons[reason]}, ${smallestN}` : withheldReasons[reason];
}

/** As the specification words it. */
function refusalText({ class: name, count }: Refusal): string {
  return `${name} x ${count}`;
}

function privacyOf({ outcomes }: PayloadContent) {
  const { row, run } = spentMilli(outcomes);
  return {
    delta: 0,
    row: { neighbours: rowNeighbours, epsilon: row / 1000 },
    run: { neighbours: runNeighbours, epsilon: run / 1000, protects_only: ["gpu_count", "concurrency_cliff"] },
  };
}
