import "../runs/schemas/without-code-generation.ts";
import * as z from "zod";

export const STATUS_SCHEMA = "inferguard-telemetry-status/v1";

/** What `inferguard telemetry status --json` prints. It holds no value of any variable. */
export const statusSchema = z.object({
  schema: z.literal(STATUS_SCHEMA),
  /** The sentence of the posture. Null while telemetry is enabled. */
  statement: z.string().nullable(),
  state: z.enum(["enabled", "disabled"]),
  reason: z.enum([
    "Allowed:UserExplicitlyEnabled",
    "Denied:DoNotTrack",
    "Denied:EnvironmentDisabled",
    "Denied:UserDisabled",
    "Denied:ConsentMissing",
    "Denied:ConsentUnsafe",
    "Denied:ConsentInvalid",
    "Denied:ConsentExpired",
    "Denied:SchemaChanged",
    "Denied:Default",
  ]),
  reason_text: z.string(),
  overrides: z.array(
    z.object({
      name: z.enum(["DO_NOT_TRACK", "INFERGUARD_TELEMETRY"]),
      active: z.boolean(),
      found: z.enum(["unset", "empty", "permits", "disables", "unknown"]),
    }),
  ),
  /** Variables that differ from an override in case alone, and so are none. */
  misspelt: z.array(z.object({ name: z.string(), meant: z.enum(["DO_NOT_TRACK", "INFERGUARD_TELEMETRY"]) })),
  /** Where consent and pending payloads would lie, as a person writes it. Null when the environment names no folder. */
  folder: z.string().nullable(),
  token: z.object({
    /** Null when it cannot be told. */
    exists: z.boolean().nullable(),
    usable: z.boolean(),
    rule: z.string().optional(),
    rule_text: z.string().optional(),
    /** A command for a shell. */
    mend: z.string().optional(),
  }),
  /** Payloads written and not sent, which are sensitive; 1000 stands for that many or more, null for not known. */
  pending: z.number().int().nullable(),
  /** What was decided so far. `damage` says why it is not to be relied on. */
  ledger: z.object({ entries: z.number().int(), head: z.string().nullable(), damage: z.string().nullable() }),
  layers: z.array(z.object({ name: z.string(), live: z.boolean(), text: z.string() })),
  influences: z.array(z.object({ name: z.string(), active: z.boolean(), effect: z.string() })),
  upload: z.literal("none in this release"),
  /** The posture document that was installed with this program. */
  document: z.string(),
});
export type TelemetryStatus = z.infer<typeof statusSchema>;
