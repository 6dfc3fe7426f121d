import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consentDays,
  decodeGrant,
  encodeGrant,
  longestGrantBytes,
  longestTokenBytes,
  newGrant,
} from "./consent-grant.ts";

const hash = "a".repeat(64);
const grant = newGrant(hash, new Date("2026-02-03T04:05:06.789Z"));
const decode = (text: string) => decodeGrant(Buffer.from(text));

describe("a grant", () => {
  it("is of a second, and ends", () => {
    expect(grant).toMatchObject({ granted_at: "2026-02-03T04:05:06Z", expires_at: "2027-02-03T04:05:06Z" });
    expect(consentDays).toBe(365);
  });

  it("is read back without the operator's token, whatever that is", () => {
    const tokens = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(tokens, (token) => {
        expect(decode(encodeGrant(grant, token))).toEqual(grant);
      }),
    );
    expect(decode(encodeGrant(grant, null))).toEqual(grant);
  });

  it("holds a token of 4 KiB at the most, however long JSON makes it", () => {
    const longest = encodeGrant(grant, "\u0000".repeat(longestTokenBytes));
    expect(longest.length).toBeLessThanOrEqual(longestGrantBytes);
    expect(decode(longest)).toEqual(grant);
    for (const token of ["x".repeat(longestTokenBytes + 1), "€".repeat(longestTokenBytes / 3 + 1), ""])
      expect(decode(encodeGrant(grant, token))).toBeNull();
  });

  it.each([
    ["another schema", { schema: "inferguard-consent/v2" }],
    ["a date that there is not", { granted_at: "2026-02-30T04:05:06Z" }],
    ["a time with fractions", { granted_at: "2026-02-03T04:05:06.789Z" }],
    ["a number as the time", { expires_at: 1e12 }],
    ["no hash", { payload_schema_sha256: hash.slice(1) }],
    ["a hash in capitals", { payload_schema_sha256: hash.toUpperCase() }],
    ["another scope", { scopes: ["write-pending-payloads", "upload"] }],
    ["no scope", { scopes: [] }],
    ["a number as the token", { operator_token: 7 }],
    ["NaN as JSON has it", { expires_at: null }],
    ["a member more", { upload: true }],
  ])("is none with %s", (_, change) => {
    const text = encodeGrant({ ...grant, ...change } as typeof grant, null);
    const changed = "operator_token" in change ? text.replace('"operator_token":null', '"operator_token":7') : text;
    expect(decode(changed)).toBeNull();
  });

  it("is none with a member twice, with white space, or in another order", () => {
    const text = encodeGrant(grant, null);
    expect(decode(text)).toEqual(grant);
    expect(decode(text.replace("{", '{"expires_at":"2099-01-01T00:00:00Z",'))).toBeNull();
    expect(decode(text.replace(",", ", "))).toBeNull();
    expect(decode(JSON.stringify({ ...grant, operator_token: null }))).toBeNull();
  });
});
