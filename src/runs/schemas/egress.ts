import "./without-code-generation.ts";
import * as z from "zod";

export const EGRESS_SCHEMA = "inferguard-egress/v1";

/** Every byte that this command sent or received, by the authority that allowed it. */
export const egressSchema = z.object({
  schema: z.literal(EGRESS_SCHEMA),
  authorities: z.array(
    z.object({
      category: z.string(),
      /** The flag that named the destination. */
      flag: z.string(),
      host: z.string(),
      port: z.number().int(),
      /** The flag of the proxy through which it was reached, whose own line has the same bytes too; absent without one. */
      via: z.string().optional(),
      /** How many addresses the name had; every one of them was pinned. 0 where a proxy looks it up. */
      addresses: z.number().int(),
      lookups: z.number().int(),
      connections: z.number().int(),
      bytes_out: z.number().int(),
      bytes_in: z.number().int(),
    }),
  ),
  /** Connections that something asked for and no authority covered. */
  denied: z.number().int(),
  /**
   * Only where the command started another program: what that one did on the network was its own, and nobody here looked.
   * `telemetry prove` does.
   */
  child: z.literal("not observed").optional(),
  denials: z.array(z.object({ reason: z.string(), count: z.number().int() })),
});
export type EgressRecord = z.infer<typeof egressSchema>;
