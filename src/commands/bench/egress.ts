/** What the gate counted, as the record that is kept. */
import type { Gate } from "../../net/gate.ts";
import { EGRESS_SCHEMA, type EgressRecord } from "../../runs/schemas/egress.ts";

export function egressRecordOf(gate: Gate): EgressRecord {
  const denials = gate.denials();
  return {
    schema: EGRESS_SCHEMA,
    authorities: gate.uses().map(({ authority, via, addresses, lookups, connections, bytesOut, bytesIn }) => ({
      category: authority.category,
      flag: authority.flag,
      host: authority.host,
      port: authority.port,
      ...(via === null ? {} : { via }),
      addresses,
      lookups,
      connections,
      bytes_out: bytesOut,
      bytes_in: bytesIn,
    })),
    denied: denials.reduce((sum, { count }) => sum + count, 0),
    denials,
  };
}
