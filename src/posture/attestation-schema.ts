import "../runs/schemas/without-code-generation.ts";
import * as z from "zod";

/**
 * What `telemetry prove` writes: an in-toto Statement v1 with the predicate runtime-trace v0.2. Fields that are ours start
 * with `x-`. Where hosts are withheld, `endpoint#1` and its like stand for them, and there is no address.
 */
export const attestationSchema = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  /** Every file of the program that ran. */
  subject: z
    .array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) }))
    .min(1),
  predicateType: z.literal("https://in-toto.io/attestation/runtime-trace/v0.2"),
  predicate: z.strictObject({
    monitor: z.strictObject({
      type: z.string(),
      tracePolicy: z.strictObject({
        tier: z.enum(["witness", "traced", "airlock", "sealed"]),
        claim: z.string(),
        /** strace watched as well, so that what was tried in vain is in the log. */
        watched: z.boolean(),
        authorised: z.array(z.strictObject({ flag: z.string(), host: z.string(), port: z.int() })),
      }),
    }),
    monitoredProcess: z.strictObject({
      hostID: z.string(),
      type: z.string(),
      /** The command and the names of its flags, without their values. */
      event: z.string(),
    }),
    monitorLog: z.strictObject({
      network: z.array(
        z.strictObject({
          ip: z.string().optional(),
          hostname: z.string().optional(),
          port: z.int().optional(),
          protocol: z.string(),
          "x-authority": z.string(),
          "x-what": z.string(),
          "x-times": z.int(),
          "x-bytesUp": z.int().optional(),
          "x-bytesDown": z.int().optional(),
        }),
      ),
    }),
    metadata: z.strictObject({ buildStartedOn: z.string(), buildFinishedOn: z.string() }),
    "x-verdict": z.enum(["PASS", "FAIL", "INCOMPLETE"]),
    "x-complete": z.boolean(),
    /** Why it is not complete. */
    "x-doubts": z.array(z.string()),
    "x-blindspots": z.array(z.string()),
    "x-kernel": z.string(),
    "x-exit": z.strictObject({ code: z.int().nullable(), signal: z.string().nullable() }).nullable(),
    "x-hosts": z.enum(["withheld", "revealed"]),
  }),
});
export type Attestation = z.infer<typeof attestationSchema>;
