import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyContent } from "./payload-content.fixture.ts";
import { factsOf } from "./payload-facts.ts";
import { sampleNoise, sampleRun } from "./payload-run.fixture.ts";
import { refusalsFor } from "./payload-tripwire.ts";
import { contentOf, payloadText } from "./payload.ts";

const sample = payloadText(contentOf(factsOf(sampleRun()), sampleNoise()));
const withValue = (value: string) => sample.replace(/("ttft_p50": )"[^"]+"/, `$1${JSON.stringify(value)}`);

describe("the last look at a payload's bytes", () => {
  it("finds nothing in any payload that there can be", () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        expect(refusalsFor(payloadText(content))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["url", "http://10.1.2.3:8000/v1"],
    ["url", "postgres://db/x"],
    ["email", "jo.doe+x@example.org"],
    ["ipv4_address", "192.168.0.7"],
    ["ipv6_address", "2001:db8:0:1:2:3:4:5"],
    ["ipv6_address", "fe80::1"],
    ["host_name", "gpu-07.rack2.internal"],
    ["host_name", "api.example.com"],
    ["file_path", "/home/jo/models/x.gguf"],
    ["file_path", "~/notes/x"],
    ["file_path", "C:\\Users\\jo"],
    ["file_path", "\\\\server\\share"],
    ["environment_variable", "API_TOKEN=x"],
    ["key", "sk-abcdefgh12345678"],
    ["key", "hf_ABCDEFGHIJKL"],
    ["key", "AKIAIOSFODNN7EXAMPLE"],
    ["key", "eyJhbGciOiJIUzI1NiJ9"],
    ["key", "-----BEGIN PRIVATE KEY-----"],
    ["key", "Bearer x"],
    ["long_token", "9f86d081884c7d659a2feaa0c55ad015"],
    ["long_token", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"],
    ["time", "2026-01-02T03:04:05Z"],
    ["time", "1767323045678"],
  ])("names a planted %s: %s", (name, value) => {
    const refusals = refusalsFor(withValue(value));
    expect(refusals).toContainEqual({ class: "not_a_payload", count: 1 });
    expect(refusals.map((refusal) => refusal.class)).toContain(name);
    // What it says is no part of what it found.
    expect(JSON.stringify(refusals)).not.toContain(value);
  });

  it("refuses a planted word that no pattern knows, because it is in no list", () => {
    expect(refusalsFor(withValue("bank-prod"))).toEqual([{ class: "not_a_payload", count: 1 }]);
  });

  it("counts what it finds", () => {
    expect(refusalsFor(withValue("a@b.example c@d.example"))).toContainEqual({ class: "email", count: 2 });
  });
});
