/** The payload schema's name and hash. Consent is to exactly this schema: a change of the hash voids it. */

export const PAYLOAD_SCHEMA = "inferguard-telemetry/v1";

/**
 * SHA-256, hex, of the canonical JSON (RFC 8785) of the JSON Schema in docs/telemetry/v1/payload.schema.json. The schema
 * holds every value that a payload can have, the mechanisms and what they cost, so none of these changes without it. A
 * constant, because nothing here may compute a hash; a test does.
 */
export const payloadSchemaHash = "1f0b5f001a000d115aa5a3d857ec912e52ad91bc41165f0d69b3443496a7ab1b";
