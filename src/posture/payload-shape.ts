/**
 * The closed schema of a payload, as it is published: every member has a short list of values, and there is no place for
 * anything else. No command loads it: a payload is held to the table that this comes from, byte for byte.
 */
import "../runs/schemas/without-code-generation.ts";
import * as z from "zod";
import {
  type FieldName,
  fieldNames,
  payloadClaims,
  payloadFields,
  type PayloadKind,
  payloadKinds,
  reasonsOf,
  rowNeighbours,
  runNeighbours,
} from "./payload-fields.ts";
import { PAYLOAD_SCHEMA } from "./payload-schema.ts";

const benchSummary = shapeOf("bench-summary");
const agentTraceSummary = shapeOf("agent-trace-summary");
const metricsRollup = shapeOf("metrics-rollup");

export const payloadShape = z.discriminatedUnion("kind", [benchSummary, agentTraceSummary, metricsRollup]);

/** As it is published in docs/telemetry/v1/payload.schema.json. */
export function payloadJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(payloadShape);
  const title = `${PAYLOAD_SCHEMA}: ${payloadKinds.join(", ")}`;
  return { $schema, title, ...schema };
}

function shapeOf<Kind extends PayloadKind>(kind: Kind) {
  return z.strictObject({
    schema: z.literal(PAYLOAD_SCHEMA),
    kind: z.literal(kind),
    claim: z.enum(payloadClaims),
    fields: z.strictObject(
      eachField((field) =>
        z.enum(["withheld", ...(isIn(field, kind) ? payloadFields[field].buckets : [])]).describe(descriptionOf(field)),
      ),
    ),
    dp_params: z.strictObject({
      delta: z.literal(0),
      row: z.strictObject({ neighbours: z.literal(rowNeighbours), epsilon: z.literal(sumsOf("row", kind)) }),
      run: z.strictObject({
        neighbours: z.literal(runNeighbours),
        epsilon: z.literal(sumsOf("run", kind)),
        protects_only: z.tuple([z.literal("gpu_count"), z.literal("concurrency_cliff")]),
      }),
      fields: z.strictObject(eachField((field) => spendingShape(field, kind))),
    }),
  });
}

/** What was done to a field: its noise and what that cost, or why it is withheld, or both. */
function spendingShape(field: FieldName, kind: PayloadKind) {
  const { mechanism, unit, epsilonMilli } = payloadFields[field];
  const noise = {
    mechanism: z.literal(mechanism),
    unit: z.literal(unit),
    epsilon: z.literal(epsilonMilli / 1000),
  };
  const reasons = reasonsOf(field, kind);
  const unspent = z.strictObject({ withheld: z.enum(reasons.filter((reason) => reason !== "too_few_counted")) });
  if (!isIn(field, kind)) return unspent;
  const spent = z.strictObject(noise);
  return reasons.includes("too_few_counted")
    ? z.union([spent, z.strictObject({ ...noise, withheld: z.literal("too_few_counted") }), unspent])
    : z.union([spent, unspent]);
}

/** In the schema, so that a field cannot come to mean something else under the same consent. */
function descriptionOf(field: FieldName): string {
  const { meaning, smallestN } = payloadFields[field];
  return smallestN === null ? meaning : `${meaning} Withheld below ${smallestN} requests.`;
}

function isIn(field: FieldName, kind: PayloadKind): boolean {
  return payloadFields[field].kinds[kind] !== undefined;
}

/** Every ε that the fields of a unit can come to together. */
function sumsOf(unit: "row" | "run", kind: PayloadKind): number[] {
  const costs = fieldNames
    .filter((field) => isIn(field, kind) && payloadFields[field].unit.split("_and_").includes(unit))
    .map((field) => payloadFields[field].epsilonMilli);
  const sums = costs.reduce((before, cost) => before.flatMap((sum) => [sum, sum + cost]), [0]);
  return [...new Set(sums)].sort((a, b) => a - b).map((sum) => sum / 1000);
}

function eachField<Shape>(make: (field: FieldName) => Shape): Record<FieldName, Shape> {
  return Object.fromEntries(fieldNames.map((field) => [field, make(field)])) as Record<FieldName, Shape>;
}
