/** How much a payload can say: the logarithm of how many different ones there are. */
import { fieldNames, payloadClaims, payloadFields, type PayloadKind, reasonsOf } from "./payload-fields.ts";

/** Bits that a payload of this kind conveys at most, whatever the run was, rounded up to a tenth. */
export function capacityBits(kind: PayloadKind): number {
  const states = fieldNames.map((field) => {
    const isInKind = payloadFields[field].kinds[kind] !== undefined;
    return (isInKind ? payloadFields[field].buckets.length : 0) + reasonsOf(field, kind).length;
  });
  const bits = [payloadClaims.length, ...states].reduce((sum, count) => sum + Math.log2(count), 0);
  return Math.ceil(bits * 10) / 10;
}
