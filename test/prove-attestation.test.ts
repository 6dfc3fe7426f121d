/** The statement that `telemetry prove` writes. */
import { describe, expect, it } from "vitest";
import { attestationSchema } from "../src/posture/attestation-schema.ts";
import { type AttestationFacts, type AttestedDestination, attestationOf } from "../src/posture/attestation.ts";

const secrets = [
  "llm.corp.example",
  "10.20.30.40",
  "metrics.corp.example",
  "10.20.30.53",
  "/home/alice/agent.sock",
  "evil.example",
  "203.0.113.7",
];

describe("a statement", () => {
  it.each([true, false])("is an in-toto Statement v1 of a runtime trace (revealed: %s)", (reveal) => {
    const statement = attestationOf(facts, reveal);
    expect(attestationSchema.parse(statement)).toEqual(statement);
    expect(statement.subject).toEqual([{ name: "dist/main.js", digest: { sha256: "a".repeat(64) } }]);
    expect(statement.predicate["x-verdict"]).toBe("FAIL");
  });

  it("names no host, address or path of its own accord", () => {
    const text = JSON.stringify(attestationOf(facts, false));
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).toContain("withheld");
  });

  it("gives the same host the same number wherever it stands", () => {
    const { predicate } = attestationOf(facts, false);
    expect(predicate.monitor.tracePolicy.authorised).toEqual([
      { flag: "--endpoint", host: "endpoint#1", port: 8000 },
      { flag: "--metrics-url", host: "endpoint#2", port: 9100 },
    ]);
    expect(
      predicate.monitorLog.network.map((entry) => [entry["x-authority"], entry.hostname, entry["x-what"]]),
    ).toEqual([
      ["--endpoint", "endpoint#1", "connected"],
      ["dns-resolver", "resolver#1", "looked up endpoint#1"],
      ["unix:socket#1", undefined, "missed"],
      ["loopback", undefined, "listened"],
      ["UNAUTHORISED", "destination#1", "connected"],
      ["UNAUTHORISED", "resolver#1", "looked up endpoint#3"],
    ]);
  });

  it("names them all when they are revealed", () => {
    const text = JSON.stringify(attestationOf(facts, true));
    expect(secrets.filter((secret) => !text.includes(secret))).toEqual([]);
  });

  it("has the names of flags and never their values", () => {
    expect(attestationOf(facts, true).predicate.monitoredProcess.event).toBe("bench --endpoint --header");
  });
});

function reached(group: string, what: string, rest: Partial<AttestedDestination>): AttestedDestination {
  const nowhere = {
    host: null,
    ip: null,
    port: null,
    path: null,
    asked: null,
    note: null,
    bytesOut: null,
    bytesIn: null,
  };
  return { ...nowhere, protocol: "tcp", times: 1, ...rest, group, what };
}

const facts: AttestationFacts = {
  files: [{ name: "dist/main.js", sha256: "a".repeat(64) }],
  version: "1.2.3",
  tier: "traced",
  claim: "every system call",
  watched: true,
  verdict: "FAIL",
  authorised: [
    { flag: "--endpoint", host: "llm.corp.example", port: 8000 },
    { flag: "--metrics-url", host: "metrics.corp.example", port: 9100 },
  ],
  destinations: [
    reached("--endpoint", "connected", {
      host: "llm.corp.example",
      ip: "10.20.30.40",
      port: 8000,
      bytesOut: 10,
      bytesIn: 20,
    }),
    reached("dns-resolver", "looked up", { protocol: "udp", ip: "10.20.30.53", port: 53, asked: "llm.corp.example" }),
    reached("unix", "missed", { protocol: "unix", path: "/home/alice/agent.sock" }),
    reached("loopback", "listened", { ip: "127.0.0.1", port: 40_123 }),
    reached("UNAUTHORISED", "connected", { ip: "203.0.113.7", port: 443 }),
    reached("UNAUTHORISED", "looked up", { protocol: "udp", ip: "10.20.30.53", port: 53, asked: "evil.example" }),
  ],
  doubts: [],
  blindSpots: [],
  command: { name: "bench", flags: ["--endpoint", "--header"] },
  exit: { code: 0, signal: null },
  kernel: "linux 6.1.0 x64",
  startedAt: "2026-11-23T10:00:00.000Z",
  finishedAt: "2026-11-23T10:00:09.000Z",
};
