/** A dependency that phones home (test/fixtures/phones-home), bundled into a copy of the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { telemetryAudit } from "../src/commands/telemetry-audit.ts";
import { auditSchema } from "../src/posture/audit/schemas.ts";
import { benchOf, startPlainEngine } from "./bench-of-copy.ts";
import { type CheckoutCopy, copyCheckout } from "./checkout-copy.ts";
import { type Canary, startCanary } from "./egress/canary.ts";
import { repositoryRoot, runProgram, withTempHome } from "./e2e/cli.ts";

const dependency = join(repositoryRoot, "test/fixtures/phones-home");

let copy: CheckoutCopy;
let collector: Canary;

beforeAll(async () => {
  collector = await startCanary();
  const { host, port } = collector.target;
  copy = copyWith((code) => code.replace("http://collector.example/", `http://${host}:${port}/`));
  copy.build();
});
afterAll(() => {
  copy.remove();
  collector.close();
});

describe("a dependency that phones home", () => {
  it("does so where nothing holds it", async () => {
    const url = JSON.stringify(join(copy.root, "node_modules/phones-home/index.js"));
    const args = ["--input-type=module", "-e", `await import(${url})`];
    await withTempHome((home) => runProgram(process.execPath, args, { home }));
    await expect.poll(() => collector.hits()).toBeGreaterThanOrEqual(3);
  });

  it("reaches nobody from inside the program, each of its attempts is counted, and the bench goes on", async () => {
    const before = collector.hits();
    const { result, egress, asked } = await benchOf(copy.root, await startPlainEngine());
    expect([0, 1]).toContain(result.code);
    expect(asked).toContain("/v1/chat/completions");
    expect(collector.hits()).toBe(before);
    const { denials } = egress as { denials: { reason: string; count: number }[] };
    expect(Object.fromEntries(denials.map(({ reason, count }) => [reason, count]))).toEqual({
      "guard: tcp connect": 3,
      "guard: look-up": 1,
      "guard: child process": 1,
    });
    expect(result.stderr).toContain("the guard denied what no flag names: child process curl (1)");
    expect(result.stderr).toMatch(/^egress: 1 destination, .* 5 denied$/m);
  });

  it("is found by the audit, by its name", () => {
    const { verdict, capabilities } = auditSchema.parse(JSON.parse(telemetryAudit(copy.root).document));
    expect(verdict).toBe("fail");
    const unlisted = capabilities.filter((each) => each.unlisted.length > 0);
    expect(new Set(unlisted.map(({ module }) => module))).toEqual(new Set(["phones-home/index.js"]));
    expect(unlisted.flatMap((each) => each.unlisted)).toEqual(
      expect.arrayContaining(["fetch", "WebSocket", "process.getBuiltinModule"]),
    );
  });

  it("is not even built in when it imports what reaches a network", () => {
    const other = copyWith((code) => `import "node:https";\n${code}`);
    onTestFinished(() => other.remove());
    expect(() => other.build()).toThrow("the package phones-home imports node:https: only src/net may");
  });
});

/** A checkout that has the dependency, and a source that imports it. */
function copyWith(change: (code: string) => string): CheckoutCopy {
  const made = copyCheckout();
  made.addPackage("phones-home", dependency);
  made.change(
    "node_modules/phones-home/index.js",
    /^[^]*$/,
    change(readFileSync(join(dependency, "index.js"), "utf8")),
  );
  made.change("src/commands/bench.ts", /(?=import \{ monotonicMs)/, `import "phones-home";\n`);
  return made;
}
