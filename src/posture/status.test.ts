import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConsentFiles } from "./consent-files.ts";
import type { LiveLayers } from "./layers.ts";
import { statusLines, statusWarnings } from "./status-lines.ts";
import { statusSchema } from "./status-schema.ts";
import { telemetryStatusOf } from "./status.ts";

const nothing: ConsentFiles = {
  folder: "~/.config/inferguard",
  way: [],
  token: { is: "absent" },
  grant: null,
  ledger: { entries: [], tornBytes: 0, damage: null },
  pending: 0,
};
const guarded: LiveLayers = { guard: null, permissions: false };
const statusOf = (environment: Record<string, string>, files = nothing, live = guarded) =>
  telemetryStatusOf({
    environment,
    files,
    live,
    now: new Date(),
    documentPath: "/package/docs/telemetry/v0/POSTURE.md",
  });

describe("the telemetry status", () => {
  it("is a document of its schema", () => {
    const status = statusOf({});
    expect(statusSchema.strict().parse(status)).toEqual(status);
  });

  it("opens with the sentence of the posture and the path of its document", () => {
    expect(statusLines(statusOf({}))[0]).toBe(
      "No telemetry. No network calls outside endpoints you pass via flags. Verified: see /package/docs/telemetry/v0/POSTURE.md",
    );
  });

  it("says for each override whether it is active, and that no upload exists", () => {
    const lines = statusLines(statusOf({ DO_NOT_TRACK: "1", INFERGUARD_TELEMETRY: "enabled" })).join("\n");
    expect(lines).toContain("disabled (Denied:DoNotTrack)");
    expect(lines).toContain("DO_NOT_TRACK: active; set to a value that disables telemetry");
    expect(lines).toContain("INFERGUARD_TELEMETRY: not active; set to a value that disables nothing");
    expect(lines).toMatch(/^Upload +none in this release$/m);
  });

  it("asks whether do_not_track was meant to be DO_NOT_TRACK", () => {
    const status = statusOf({ do_not_track: "1", Inferguard_Telemetry: "off" });
    expect(status.reason).toBe("Denied:Default");
    expect(statusLines(status).join("\n")).toContain(
      "do_not_track is set and has no effect: did you mean DO_NOT_TRACK?",
    );
    expect(status.misspelt.map(({ name }) => name)).toEqual(["do_not_track", "Inferguard_Telemetry"]);
  });

  it("calls pending payloads sensitive", () => {
    expect(statusLines(statusOf({}, { ...nothing, pending: 2 })).join("\n")).toContain(
      "2 in ~/.config/inferguard/uploads-pending: sensitive",
    );
  });

  it("names the rule that a token breaks, and the command that mends it", () => {
    const files: ConsentFiles = {
      ...nothing,
      token: { is: "file", mode: 0o644, isOwn: true, isRoots: false, links: 1 },
    };
    expect(statusOf({}, files).token).toMatchObject({ exists: true, usable: false, rule: "token_mode" });
    const text = "consent.token must have the mode 0600, and has 0644";
    const mend = "to mend that: chmod 600 ~/.config/inferguard/secrets/consent.token";
    const lines = statusLines(statusOf({}, files)).join("\n");
    expect(lines).toContain(`~/.config/inferguard/secrets/consent.token exists and is not used: ${text}`);
    expect(lines).toContain(mend);
    expect(statusWarnings(statusOf({}, files))).toEqual([expect.stringContaining(`${text}; ${mend}`)]);
    expect(statusWarnings(statusOf({}))).toEqual([]);
  });

  it("says that the ledger is damaged", () => {
    const ledger = { ...nothing.ledger, damage: { code: "not-an-entry", text: "line 1 is not an entry" } } as const;
    const status = statusOf({}, { ...nothing, ledger });
    expect(status).toMatchObject({ reason: "Denied:ConsentInvalid", ledger: { damage: "line 1 is not an entry" } });
    expect(statusLines(status).join("\n")).toContain("damaged, and so telemetry is off: line 1 is not an entry");
  });

  it("names what reaches into the program from outside, and what that does", () => {
    const status = statusOf({ HTTPS_PROXY: "http://proxy:3128", LD_PRELOAD: "/lib/x.so", NODE_OPTIONS: "" });
    expect(status.influences.filter(({ active }) => active).map(({ name }) => name)).toEqual([
      "LD_PRELOAD",
      "HTTPS_PROXY",
    ]);
    expect(statusLines(status).join("\n")).toContain(
      "HTTPS_PROXY is set. None: a connection goes through a proxy only where",
    );
  });

  it("says which layers are live, and why another is not", () => {
    const liveIn = (live: LiveLayers) =>
      statusOf({}, nothing, live)
        .layers.filter((layer) => layer.live)
        .map(({ name }) => name);
    expect(liveIn(guarded)).toEqual(["gate", "guard"]);
    expect(liveIn({ guard: "no", permissions: true })).toEqual(["gate", "permissions"]);
    const unavailable = { guard: "could not be installed: this Node has no connect", permissions: false };
    expect(liveIn(unavailable)).toEqual(["gate"]);
    expect(statusLines(statusOf({}, nothing, unavailable)).join("\n")).toContain(
      "guard: not live; could not be installed: this Node has no connect",
    );
  });

  it("shows no value of any variable", () => {
    const names = fc.constantFrom(
      ...statusOf({}).influences.map(({ name }) => name),
      ...["DO_NOT_TRACK", "INFERGUARD_TELEMETRY", "do_not_track", "HOME", "XDG_CONFIG_HOME", "SECRET"],
    );
    const canary = "c4n4ry7";
    fc.assert(
      fc.property(
        fc.dictionary(
          names,
          fc.string().map((text) => `${text}${canary}${text}`),
        ),
        (environment) => {
          const status = statusOf(environment);
          expect(JSON.stringify(status) + statusLines(status).join("\n")).not.toContain(canary);
        },
      ),
    );
  });
});
