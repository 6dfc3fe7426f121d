import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConsentFiles } from "./consent-files.ts";
import { type Grant, newGrant } from "./consent-grant.ts";
import type { Chain } from "./ledger-chain.ts";
import { type LedgerFact, noHash, sealEntry } from "./ledger-entry.ts";
import { payloadSchemaHash } from "./payload-schema.ts";
import type { PresentEntry } from "../private/entry.ts";
import { secondOf } from "./private-record.ts";
import type { WayStep } from "./private-way.ts";
import { telemetryState } from "./state.ts";

const now = new Date("2026-05-01T12:00:00.500Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);

const directory: PresentEntry = { is: "directory", mode: 0o700, isOwn: true, isRoots: false, links: 2 };
const file: PresentEntry = { is: "file", mode: 0o600, isOwn: true, isRoots: false, links: 1 };
const step = (role: WayStep["role"], entry: WayStep["entry"] = directory): WayStep => ({ role, up: 0, entry });
const way = [step("home"), step("above"), step("folder"), step("secrets")];

const start: LedgerFact = { kind: "ledger-started", seed_sha256: noHash, follows: "nothing" };
const withdrawn: LedgerFact = { kind: "consent-withdrawn" };
const grantedFact = ({ payload_schema_sha256, expires_at, scopes }: Grant): LedgerFact => ({
  kind: "consent-granted",
  payload_schema_sha256,
  expires_at,
  scopes,
});

/** A ledger of these, each at its time. */
function ledgerOf(...facts: [fact: LedgerFact, at: Date][]): Chain {
  const entries = facts.map(([fact, at], index) =>
    sealEntry(index, noHash, { ...fact, at: secondOf(at) }, Buffer.alloc(32)),
  );
  return { entries, tornBytes: 0, damage: null };
}

const nothing: ConsentFiles = {
  folder: "~/.config/inferguard",
  way: [step("home"), step("above"), step("folder", { is: "absent" }), step("secrets", { is: "absent" })],
  token: { is: "absent" },
  grant: null,
  ledger: { entries: [], tornBytes: 0, damage: null },
  pending: 0,
};

function consentOf(grant: Grant, at: Date): ConsentFiles {
  return { ...nothing, way, token: file, grant, ledger: ledgerOf([start, at], [grantedFact(grant), at]) };
}

const yesterday = hours(-24);
const valid = consentOf(newGrant(payloadSchemaHash, yesterday), yesterday);
const validGrant = valid.grant as Grant;
const damage = { code: "broken-link", text: "line 2 does not follow the one before it" } as const;
const longAgo = hours(-24 * 365 - 1);

type Row = [what: string, files: ConsentFiles, reason: string, token: Record<string, unknown>];

const rows: Row[] = [
  ["nothing", nothing, "Denied:Default", { exists: false, usable: false }],
  ["no folder", { ...nothing, folder: null, way: [] }, "Denied:Default", { exists: false, usable: false }],
  ["secrets/ without a token", { ...nothing, way }, "Denied:Default", { exists: false, usable: false }],
  ["pending payloads alone", { ...nothing, pending: 3 }, "Denied:Default", { exists: false, usable: false }],
  ["valid consent", valid, "Allowed:UserExplicitlyEnabled", { exists: true, usable: true }],
  [
    "consent and then no",
    { ...nothing, way, ledger: ledgerOf([start, yesterday], [grantedFact(validGrant), yesterday], [withdrawn, now]) },
    "Denied:UserDisabled",
    { exists: false, usable: false },
  ],
  [
    "no without consent before it",
    { ...nothing, ledger: ledgerOf([start, now], [withdrawn, now]) },
    "Denied:UserDisabled",
    { exists: false, usable: false },
  ],
  [
    "a token from before the no, put back",
    { ...valid, ledger: ledgerOf([start, yesterday], [grantedFact(validGrant), yesterday], [withdrawn, now]) },
    "Denied:UserDisabled",
    { exists: true, usable: false, rule: "token_not_in_ledger" },
  ],
  [
    "consent whose token is gone",
    { ...valid, token: { is: "absent" }, grant: null },
    "Denied:ConsentMissing",
    { exists: false, usable: false },
  ],
  [
    "a token without a ledger",
    { ...valid, ledger: nothing.ledger },
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "token_not_in_ledger" },
  ],
  [
    "a token of an earlier grant",
    { ...valid, ledger: ledgerOf([start, yesterday], [grantedFact(validGrant), hours(-2)]) },
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "token_not_in_ledger" },
  ],
  [
    "a token with a longer time than was granted",
    { ...valid, grant: { ...validGrant, expires_at: secondOf(hours(24 * 9000)) } },
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "token_not_in_ledger" },
  ],
  [
    "a token that is no grant",
    { ...valid, grant: null },
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "token_content" },
  ],
  [
    "a damaged ledger beside a token",
    { ...valid, ledger: { ...valid.ledger, damage } },
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "ledger_damaged" },
  ],
  [
    "a damaged ledger alone",
    { ...nothing, ledger: { ...nothing.ledger, damage } },
    "Denied:ConsentInvalid",
    { exists: false, usable: false },
  ],
  [
    "consent to another schema",
    consentOf(newGrant("a".repeat(64), yesterday), yesterday),
    "Denied:SchemaChanged",
    { exists: true, usable: false, rule: "schema_changed" },
  ],
  [
    "consent of more than a year ago",
    consentOf(newGrant(payloadSchemaHash, longAgo), longAgo),
    "Denied:ConsentExpired",
    { exists: true, usable: false, rule: "token_expired" },
  ],
  [
    "consent of tomorrow",
    consentOf(newGrant(payloadSchemaHash, hours(24)), hours(24)),
    "Denied:ConsentInvalid",
    { exists: true, usable: false, rule: "token_in_future" },
  ],
  ...(
    [
      ["a token for everyone", { token: { ...file, mode: 0o604 } }, "token_mode"],
      ["a set-uid token", { token: { ...file, mode: 0o4600 } }, "token_mode"],
      ["a linked token", { token: { ...file, is: "link" } }, "token_kind"],
      ["a pipe as the token", { token: { ...file, is: "other" } }, "token_kind"],
      ["a token of someone else", { token: { ...file, isOwn: false } }, "token_owner"],
      ["a token of root's", { token: { ...file, isOwn: false, isRoots: true } }, "token_owner"],
      ["a token with a second name", { token: { ...file, links: 2 } }, "token_links"],
      ["a token that cannot be seen", { token: { is: "unknown" } }, "token_unreadable"],
      ["linked secrets/", { way: [step("secrets", { ...directory, is: "link" })] }, "secrets_kind"],
      ["secrets/ for everyone", { way: [step("secrets", { ...directory, mode: 0o755 })] }, "secrets_mode"],
      ["secrets/ of someone else", { way: [step("secrets", { ...directory, isOwn: false })] }, "secrets_owner"],
      ["a folder for everyone", { way: [step("folder", { ...directory, mode: 0o777 })] }, "folder_writable"],
      ["a parent for everyone", { way: [step("above", { ...directory, mode: 0o777 })] }, "parent_writable"],
      ["a parent of someone else", { way: [step("above", { ...directory, isOwn: false })] }, "parent_owner"],
      ["a home of someone else", { way: [step("home", { ...directory, isOwn: false })] }, "home_owner"],
      ["someone's link on the way", { way: [step("aside", { ...file, is: "link", isOwn: false })] }, "parent_link"],
      ["a parent that cannot be seen", { way: [step("above", { is: "unknown" })] }, "parent_kind"],
    ] as [string, Partial<ConsentFiles>, string][]
  ).map(([what, change, rule]): Row => [
    what,
    { ...valid, ...change },
    "Denied:ConsentUnsafe",
    { exists: change.token?.is === "unknown" ? null : true, usable: false, rule },
  ]),
];

const doNotTrack: [value: string | undefined, active: boolean, found: string][] = [
  [undefined, false, "unset"],
  ["", false, "empty"],
  ["  ", false, "empty"],
  ["0", false, "permits"],
  [" FALSE ", false, "permits"],
  ["no", false, "permits"],
  ["Off", false, "permits"],
  ["1", true, "disables"],
  ["\t1\n", true, "disables"],
  ["true", true, "disables"],
  ["YES", true, "disables"],
  ["2", true, "disables"],
  ["junk", true, "disables"],
];

const inferguardTelemetry: [value: string | undefined, active: boolean, found: string][] = [
  [undefined, false, "unset"],
  ["", false, "empty"],
  ["enabled", false, "permits"],
  ["1", false, "permits"],
  ["ON", false, "permits"],
  ["disabled", true, "disables"],
  [" Disabled ", true, "disables"],
  ["0", true, "disables"],
  ["false", true, "disables"],
  ["off", true, "disables"],
  ["no", true, "disables"],
  ["never", true, "unknown"],
  ["local", true, "unknown"],
];

describe("the state of telemetry, with every value of both overrides", () => {
  it.each(rows)("and %s", (_, present, fileReason, token) => {
    for (const [tracking, trackingActive, trackingFound] of doNotTrack)
      for (const [telemetry, telemetryActive, telemetryFound] of inferguardTelemetry) {
        const environment = { DO_NOT_TRACK: tracking, INFERGUARD_TELEMETRY: telemetry };
        const reason = trackingActive
          ? "Denied:DoNotTrack"
          : telemetryActive
            ? "Denied:EnvironmentDisabled"
            : fileReason;
        expect({ environment, ...telemetryState(environment, present, now) }).toMatchObject({
          environment,
          state: reason.startsWith("Allowed:") ? "enabled" : "disabled",
          reason,
          overrides: [
            { name: "DO_NOT_TRACK", active: trackingActive, found: trackingFound },
            { name: "INFERGUARD_TELEMETRY", active: telemetryActive, found: telemetryFound },
          ],
          token,
          pending: present.pending,
        });
      }
  });
});

describe("the state of telemetry", () => {
  const anyEntry = fc.oneof(
    fc.constant({ is: "absent" as const }),
    fc.constant({ is: "unknown" as const }),
    fc.constantFrom(file, directory),
    fc.record({
      is: fc.constantFrom("file" as const, "directory" as const, "link" as const, "other" as const),
      mode: fc.nat(0o7777),
      isOwn: fc.boolean(),
      isRoots: fc.boolean(),
      links: fc.nat(3),
    }),
  );
  const anyStep = fc.record({
    role: fc.constantFrom("home" as const, "above" as const, "aside" as const, "folder" as const, "secrets" as const),
    up: fc.nat(3),
    entry: anyEntry,
  });
  const arbitraryFiles: fc.Arbitrary<ConsentFiles> = fc.record({
    folder: fc.constantFrom("~/.config/inferguard" as const, "$XDG_CONFIG_HOME/inferguard" as const, null),
    way: fc.oneof(fc.constant(way), fc.array(anyStep, { maxLength: 4 })),
    token: anyEntry,
    grant: fc.constantFrom(validGrant, null),
    ledger: fc.constantFrom(valid.ledger, nothing.ledger, { ...valid.ledger, damage }, ledgerOf([withdrawn, now])),
    pending: fc.option(fc.nat(1000)),
  });
  const anyFiles = fc.oneof({ arbitrary: fc.constant(valid), weight: 1 }, { arbitrary: arbitraryFiles, weight: 3 });
  const anyValue = fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("1", "0", "enabled")), {
    nil: undefined,
  });

  it("has an answer for everything, and yes only for all that yes needs", () => {
    let enabled = 0;
    fc.assert(
      fc.property(anyValue, anyValue, anyFiles, (tracking, telemetry, present) => {
        const state = telemetryState({ DO_NOT_TRACK: tracking, INFERGUARD_TELEMETRY: telemetry }, present, now);
        expect(state.reason).toMatch(state.state === "enabled" ? /^Allowed:/ : /^Denied:/);
        if (state.state === "disabled") return;
        enabled++;
        expect(present).toMatchObject({ token: file, grant: validGrant, ledger: valid.ledger });
        expect(state.overrides.some(({ active }) => active)).toBe(false);
      }),
      { numRuns: 3000 },
    );
    expect(enabled).toBeGreaterThan(0);
  });

  it("is never raised by a variable", () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyFiles, (tracking, telemetry, present) => {
        const without = telemetryState({}, present, now);
        const withBoth = telemetryState({ DO_NOT_TRACK: tracking, INFERGUARD_TELEMETRY: telemetry }, present, now);
        expect([without.state, "disabled"]).toContain(withBoth.state);
      }),
      { numRuns: 1000 },
    );
  });

  it("does not take a variable in another case for an override", () => {
    expect(telemetryState({ do_not_track: "1" }, nothing, now).reason).toBe("Denied:Default");
  });

  it("ends in the second in which consent does", () => {
    const end = new Date(validGrant.expires_at);
    expect(telemetryState({}, valid, new Date(end.getTime() - 1)).state).toBe("enabled");
    expect(telemetryState({}, valid, end).reason).toBe("Denied:ConsentExpired");
  });
});
