/**
 * The grant: what consent.token holds. It is bound to the payload's schema and to the second in which it was given, and
 * it covers one thing, which is to write payloads to this machine's disk. The operator's own token is kept inside it as
 * opaque text: it is given back to nobody, and read only to be sure that the file is whole.
 */
import { canonicalJson } from "../json.ts";
import { hasShape, isHash, isOneOf, isSecond, isTextOrNull, type Shaped, secondOf } from "./private-record.ts";

export const CONSENT_SCHEMA = "inferguard-consent/v1";

/** There is no scope for sending: a release that could send would have to ask again. */
export const consentScopes = ["write-pending-payloads"];

export const areConsentScopes = (value: unknown): value is string[] =>
  Array.isArray(value) && canonicalJson(value) === canonicalJson(consentScopes);

/** After that, InferGuard asks again. */
export const consentDays = 365;

export const longestTokenBytes = 4096;

/** A token of 4 KiB whose every byte JSON has to write as `\u0000`, and the grant around it. */
export const longestGrantBytes = 6 * longestTokenBytes + 1024;

const grantShape = {
  schema: isOneOf(CONSENT_SCHEMA),
  payload_schema_sha256: isHash,
  granted_at: isSecond,
  expires_at: isSecond,
  scopes: areConsentScopes,
  operator_token: isTextOrNull,
};

/** What was granted, without the operator's token. */
export type Grant = Omit<Shaped<typeof grantShape>, "operator_token">;

export function newGrant(payloadSchemaSha256: string, now: Date): Grant {
  const grantedAt = new Date(secondOf(now));
  return {
    schema: CONSENT_SCHEMA,
    payload_schema_sha256: payloadSchemaSha256,
    granted_at: secondOf(grantedAt),
    expires_at: secondOf(new Date(grantedAt.getTime() + consentDays * dayMs)),
    scopes: [...consentScopes],
  };
}

const dayMs = 24 * 3_600_000;

export function encodeGrant(grant: Grant, operatorToken: string | null): string {
  return canonicalJson({ ...grant, operator_token: operatorToken });
}

/** Null when the bytes are not exactly what `encodeGrant` writes for some grant. */
export function decodeGrant(bytes: Uint8Array): Grant | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (!hasShape(value, grantShape) || canonicalJson(value) !== text) return null;
    const { operator_token: token, ...grant } = value;
    return token === null || isOperatorToken(token) ? grant : null;
  } catch {
    return null;
  }
}

function isOperatorToken(token: string): boolean {
  const { length } = new TextEncoder().encode(token);
  return length > 0 && length <= longestTokenBytes;
}
