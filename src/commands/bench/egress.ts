/** What the gate counted, as the record that is kept. */
import type { AuthorityUse, Gate } from "../../net/gate.ts";
import { EGRESS_SCHEMA, type EgressRecord } from "../../runs/schemas/egress.ts";

/** @param listeners what the command's own listeners were used for */
export function egressRecordOf(gate: Gate, listeners: readonly AuthorityUse[] = []): EgressRecord {
  const denials = gate.denials();
  return {
    schema: EGRESS_SCHEMA,
    authorities: [...gate.uses(), ...listeners].map(lineOf),
    denied: denials.reduce((sum, { count }) => sum + count, 0),
    denials,
  };
}

function lineOf(use: AuthorityUse): EgressRecord["authorities"][number] {
  const { authority, via, addresses, lookups, connections, bytesOut, bytesIn } = use;
  return {
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
  };
}
