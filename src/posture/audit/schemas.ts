/** What the audit reads (the build's manifest, the list of capabilities) and what it prints. */
import "../../runs/schemas/without-code-generation.ts";
import * as z from "zod";
import { capabilityKinds } from "./node-modules.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** dist/manifest.json: what the build wrote. */
export const buildManifestSchema = z.object({
  schema: z.literal("inferguard-build/v1"),
  version: z.string(),
  files: z.record(z.string(), z.object({ sha256, modules: z.array(z.string()) })),
});
export type BuildManifest = z.infer<typeof buildManifestSchema>;

const kind = z.enum(capabilityKinds);

/** docs/telemetry/capabilities.json: what the code may be able to do, and why. */
export const capabilitiesSchema = z.object({
  schema: z.literal("inferguard-capabilities/v1"),
  entries: z.array(
    z
      .object({
        /** A source file, or a file of a package as `package/path`. */
        module: z.string(),
        kind,
        uses: z.array(z.string()).min(1),
        reason: z.string().min(1, { error: "wants a reason" }),
        /** Of the statements with these uses. For what is not our own source, which is not under our own review. */
        code_sha256: sha256.optional(),
      })
      .refine(({ module, code_sha256: digest }) => module.startsWith("src/") || digest !== undefined, {
        error: "needs code_sha256: it is not our own source",
      }),
  ),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** What `inferguard telemetry audit --json` prints. */
export const auditSchema = z.object({
  schema: z.literal("inferguard-audit/v1"),
  package: z.object({ name: z.string(), version: z.string() }),
  verdict: z.enum(["pass", "fail"]),
  /** Built files that are not as the build wrote them, and settings of the package that bring in other code. */
  faults: z.array(z.object({ file: z.string(), fault: z.string() })),
  capabilities: z.array(
    z.object({
      module: z.string(),
      kind,
      file: z.string(),
      uses: z.array(z.object({ use: z.string(), lines: z.array(z.number().int()) })),
      code_sha256: sha256,
      /** Why it may; null when the list does not have it. */
      reason: z.string().nullable(),
      /** What the list does not have: uses, or `changed code`. */
      unlisted: z.array(z.string()),
    }),
  ),
  /** What the list has and the code does not. */
  not_found: z.array(z.object({ module: z.string(), kind, use: z.string() })),
  files: z.array(z.object({ file: z.string(), bytes: z.number().int(), sha256 })),
});
export type Audit = z.infer<typeof auditSchema>;
