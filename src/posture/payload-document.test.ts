/** docs/telemetry/v1/SPEC.md is written by hand; this holds its tables to the code, and its claims to tests that exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { budgetDays, budgetEpsilonMilli } from "./ledger-budget.ts";
import { capacityBits } from "./payload-capacity.ts";
import {
  fieldNames,
  hitRateEpsilonMilli,
  payloadClaims,
  payloadFields,
  payloadKinds,
  rowNeighbours,
  runNeighbours,
  withheldReasons,
} from "./payload-fields.ts";
import { PAYLOAD_SCHEMA } from "./payload-schema.ts";

const root = join(import.meta.dirname, "../..");
const document = readFileSync(join(root, "docs/telemetry/v1/SPEC.md"), "utf8");
const rows = document.split("\n").filter((line) => line.startsWith("|"));

describe("docs/telemetry/v1/SPEC.md", () => {
  it.each(fieldNames)("says what %s is, how many values it has, which kind has it, and its noise", (name) => {
    const { meaning, buckets, kinds, mechanism, unit, epsilonMilli, smallestN } = payloadFields[name];
    const columns = payloadKinds.map((kind) => (kinds[kind] === undefined ? "never" : "yes"));
    expect(rows).toContain(`| \`${name}\` | ${meaning} | ${buckets.length} | ${columns.join(" | ")} |`);
    const n = smallestN === null ? "" : `${smallestN} `;
    expect(rows).toContain(`| \`${name}\` | \`${mechanism}\` | \`${unit}\` | ${epsilonMilli / 1000} | ${n}|`);
  });

  it.each(Object.entries(withheldReasons))("has the reason %s", (reason, text) => {
    expect(rows).toContain(`| \`${reason}\` | ${text} |`);
  });

  it.each(payloadKinds)("has the capacity of %s", (kind) => {
    expect(rows).toContain(`| \`${kind}\` | ${capacityBits(kind).toFixed(1)} |`);
  });

  it("has the names, the relations and the budgets", () => {
    for (const words of [PAYLOAD_SCHEMA, ...payloadClaims, rowNeighbours, runNeighbours])
      expect(document).toContain(words);
    expect(document).toContain(`above ε ${budgetEpsilonMilli / 1000} within ${budgetDays} days`);
    const { sum, uncounted } = hitRateEpsilonMilli;
    expect(document).toContain(`${sum / 1000} for the sum, and ${uncounted / 1000} for how many`);
    expect(sum + uncounted).toBe(payloadFields.prefix_cache_hit_rate.epsilonMilli);
    const most = (fields: readonly (typeof fieldNames)[number][]) =>
      fields.reduce((total, field) => total + payloadFields[field].epsilonMilli, 0) / 1000;
    const level = most(["ttft_p50", "ttft_p99", "kv_cache_usage_p95", "prefix_cache_hit_rate"]);
    expect(rows).toContain(`| \`bench-summary\`, one load level | ${level} | ${most(["gpu_count"])} |`);
    const cliff = most(["concurrency_cliff"]);
    expect(rows).toContain(`| \`bench-summary\`, a sweep | ${cliff} | ${most(["concurrency_cliff", "gpu_count"])} |`);
    const trace = most(["ttft_p50", "ttft_p99", "prefix_cache_hit_rate", "tool_stall_share"]);
    expect(rows).toContain(`| \`agent-trace-summary\` | ${trace} | 0 |`);
  });

  it("names every value of the short lists, and the ends of the long ones", () => {
    const text = document.replaceAll(/\s+/g, " ");
    const { gpu_count: gpus, concurrency_cliff: cliff, ttft_p50: ttft, kv_cache_usage_p95: kv } = payloadFields;
    for (const label of [...gpus.buckets, ...cliff.buckets, ttft.buckets[0], ttft.buckets.at(-1), kv.buckets.at(-1)])
      expect(text).toContain(`\`${label}\``);
  });

  it("names tests that exist", () => {
    const claims = rows.flatMap((row) => [...row.matchAll(/`((?:src|test)\/\S+\.test\.ts)`(?:: "([^"]+)")?/g)]);
    expect(claims.length).toBeGreaterThan(7);
    for (const [, path = "", title] of claims) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(readFileSync(join(root, path), "utf8")).toContain(title ?? "");
    }
  });
});
