/**
 * A payload, put together member by member out of the table of its fields, and its bytes. Nothing is copied into it: a
 * run gives it numbers of buckets and reasons, and the words for both are constants.
 */
import { prettyJson } from "../json.ts";
import type { PayloadFacts } from "./payload-facts.ts";
import {
  type FieldName,
  fieldNames,
  type PayloadClaim,
  payloadClaims,
  payloadFields,
  type PayloadKind,
  payloadKinds,
  type PrivacyUnit,
  reasonsOf,
  rowNeighbours,
  runNeighbours,
} from "./payload-fields.ts";
import { type Outcome, type Outcomes, outcomesOf, type StreamOfField } from "./payload-outcomes.ts";
import { PAYLOAD_SCHEMA } from "./payload-schema.ts";

/** What a payload says, without the words. */
export interface PayloadContent {
  kind: PayloadKind;
  claim: PayloadClaim;
  outcomes: Outcomes;
}

/** @param streamOf null when the run has no usable seed: every field is then withheld */
export function contentOf(facts: PayloadFacts, streamOf: StreamOfField | null): PayloadContent {
  return { kind: facts.kind, claim: facts.claim, outcomes: outcomesOf(facts, streamOf) };
}

/** The bytes, UTF-8: the same ones for the same content. */
export function payloadText({ kind, claim, outcomes }: PayloadContent): string {
  const spent = spentMilli(outcomes);
  const payload = {
    schema: PAYLOAD_SCHEMA,
    kind,
    claim,
    fields: eachField((field) => valueOf(field, outcomes[field])),
    dp_params: {
      delta: 0,
      row: { neighbours: rowNeighbours, epsilon: spent.row / 1000 },
      run: {
        neighbours: runNeighbours,
        epsilon: spent.run / 1000,
        protects_only: ["gpu_count", "concurrency_cliff"],
      },
      fields: eachField((field) => spendingOf(field, outcomes[field])),
    },
  } as const;
  return prettyJson(payload);
}

/** What `text` says, or null when it is not, byte for byte, a payload that this release would write. */
export function readPayload(text: string): PayloadContent | null {
  const payload = parse(text);
  const kind = payloadKinds.find((each) => each === member(payload, "kind"));
  const claim = payloadClaims.find((each) => each === member(payload, "claim"));
  if (kind === undefined || claim === undefined) return null;
  const outcomes: Partial<Record<FieldName, Outcome>> = {};
  for (const field of fieldNames) {
    const outcome = outcomeIn(payload, field, kind);
    if (outcome === null) return null;
    outcomes[field] = outcome;
  }
  const content = { kind, claim, outcomes: outcomes as Outcomes };
  // Whatever else is in the text, or is missing, or stands elsewhere, makes other bytes.
  return payloadText(content) === text ? content : null;
}

/** ε in thousandths, by whom it protects. A row's ε says nothing of a whole run, which `run` alone protects. */
export function spentMilli(outcomes: Outcomes): { row: number; run: number } {
  const sum = (unit: PrivacyUnit) =>
    fieldNames
      .filter((field) => isSpent(outcomes[field]) && [unit, "row_and_run"].includes(payloadFields[field].unit))
      .reduce((total, field) => total + payloadFields[field].epsilonMilli, 0);
  return { row: sum("row"), run: sum("run") };
}

function isSpent(outcome: Outcome): boolean {
  return "bucket" in outcome || outcome.spent;
}

function valueOf(field: FieldName, outcome: Outcome): string {
  if ("withheld" in outcome) return "withheld";
  const label = payloadFields[field].buckets[outcome.bucket];
  if (label === undefined) throw new RangeError(`${field} has no bucket ${outcome.bucket}`);
  return label;
}

function spendingOf(field: FieldName, outcome: Outcome) {
  const { mechanism, unit, epsilonMilli } = payloadFields[field];
  return {
    ...(isSpent(outcome) ? { mechanism, unit, epsilon: epsilonMilli / 1000 } : {}),
    ...("withheld" in outcome ? { withheld: outcome.withheld } : {}),
  };
}

function outcomeIn(payload: unknown, field: FieldName, kind: PayloadKind): Outcome | null {
  const spending = member(member(member(payload, "dp_params"), "fields"), field);
  const withheld = reasonsOf(field, kind).find((reason) => reason === member(spending, "withheld"));
  if (withheld !== undefined) return { withheld, spent: withheld === "too_few_counted" };
  const bucket = payloadFields[field].buckets.findIndex((label) => label === member(member(payload, "fields"), field));
  return bucket < 0 || payloadFields[field].kinds[kind] === undefined ? null : { bucket };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function eachField<Member>(make: (field: FieldName) => Member): Record<FieldName, Member> {
  return Object.fromEntries(fieldNames.map((field) => [field, make(field)])) as Record<FieldName, Member>;
}
