/** For tests: everything that a payload can say. */
import fc from "fast-check";
import {
  type FieldName,
  fieldNames,
  payloadClaims,
  payloadFields,
  type PayloadKind,
  payloadKinds,
  reasonsOf,
} from "./payload-fields.ts";
import type { Outcome } from "./payload-outcomes.ts";
import type { PayloadContent } from "./payload.ts";

/** Every content that there can be, each with some chance. */
export const anyContent: fc.Arbitrary<PayloadContent> = fc
  .tuple(fc.constantFrom(...payloadKinds), fc.constantFrom(...payloadClaims))
  .chain(([kind, claim]) => {
    const outcome = (field: FieldName) => fc.constantFrom(...outcomesIn(field, kind));
    const outcomes = Object.fromEntries(fieldNames.map((field) => [field, outcome(field)]));
    return fc.record({
      kind: fc.constant(kind),
      claim: fc.constant(claim),
      outcomes: fc.record(outcomes),
    });
  });

/** Everything that a field can say in a kind of payload. */
export function outcomesIn(field: FieldName, kind: PayloadKind): Outcome[] {
  const buckets = payloadFields[field].kinds[kind] === undefined ? [] : payloadFields[field].buckets;
  return [
    ...buckets.map((_, bucket) => ({ bucket })),
    ...reasonsOf(field, kind).map((withheld) => ({ withheld, spent: withheld === "too_few_counted" })),
  ];
}
