/**
 * A `fetch()` that somebody adds to a source, aimed at the authorised endpoint itself: each of four ways to find it does so
 * by itself, with the other three off.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { telemetryAudit } from "../src/commands/telemetry-audit.ts";
import { auditSchema } from "../src/posture/audit/schemas.ts";
import { type CheckoutCopy, copyCheckout } from "./checkout-copy.ts";
import { benchOf, startPlainEngine } from "./bench-of-copy.ts";
import { repositoryRoot, withTempHome } from "./e2e/cli.ts";

const source = "src/endpoint/stream-request.ts";
const place = /(?<=\): Promise<StreamOutcome> \{\n)/;
const planted = `  fetch(\`http://\${request.authority.host}:\${request.authority.port}/planted\`).catch(() => {});\n`;

let copy: CheckoutCopy;

beforeAll(() => {
  copy = copyCheckout();
  copy.change(source, place, planted);
  copy.build();
});
afterAll(() => copy.remove());

describe("fetch(), added to a source and aimed at the authorised endpoint itself, is found", () => {
  it("by the linter", () => {
    const lint = (root: string) => {
      const oxlint = join(repositoryRoot, "node_modules/oxlint/bin/oxlint");
      return spawnSync(process.execPath, [oxlint, "--deny-warnings", source], { cwd: root, encoding: "utf8" });
    };
    expect(lint(repositoryRoot)).toMatchObject({ status: 0 });
    const { status, stdout } = lint(copy.root);
    expect(status).toBe(1);
    expect(stdout).toMatch(/no-restricted-globals.*fetch/);
    expect(stdout).toContain("and 1 error.");
  });

  it("by the audit of what was built", () => {
    const { verdict, faults, capabilities } = auditSchema.parse(JSON.parse(telemetryAudit(copy.root).document));
    expect({ verdict, faults }).toEqual({ verdict: "fail", faults: [] });
    const unlisted = capabilities.filter((each) => each.unlisted.length > 0);
    expect(unlisted).toMatchObject([{ module: source, kind: "network", unlisted: ["fetch"] }]);
  });

  it("by the fixture that its tests run under, though it swallows the error", () => {
    const test = (root: string) => {
      const file = join(copy.root, "a-request.test.mjs");
      writeFileSync(file, testOfARequest(root));
      return spawnSync(process.execPath, ["--test", "--test-reporter=tap", file], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"] },
      });
    };
    expect(test(repositoryRoot)).toMatchObject({ status: 0 });
    const { status, stdout } = test(copy.root);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^not ok 1 - a request is answered$/m);
    expect(stdout).toContain("tcp connect: 192.0.2.1:8000");
  });

  it("by the guard, which counts it and tells of it", async () => {
    const { result, asked, egress, port } = await benchOf(copy.root, await startPlainEngine());
    expect(result.stderr).toContain(`the guard denied what no flag names: tcp connect 127.0.0.1:${port} (`);
    expect(asked).not.toContain("/planted");
    expect(asked).toContain("/v1/chat/completions");
    expect(egress).toMatchObject({ denials: [{ reason: "guard: tcp connect" }] });
    expect([0, 1]).toContain(result.code);
  });

  it("and would be answered without any of them", async () => {
    await withTempHome(async (root) => {
      for (const part of ["dist", "docs", "package.json"])
        cpSync(join(copy.root, part), join(root, part), { recursive: true });
      const main = join(root, "dist/main.js");
      const text = readFileSync(main, "utf8");
      const without = text.replace(/(\w+\.)?installGuard\(\)/, "void 0");
      expect(without).not.toBe(text);
      writeFileSync(main, without);
      const { asked } = await benchOf(root, await startPlainEngine());
      expect(asked).toContain("/planted");
    });
  });
});

/** A unit test as anybody would write it, whose client answers without a network. */
function testOfARequest(root: string): string {
  const module = (path: string) => JSON.stringify(join(root, path));
  return `
    import assert from "node:assert";
    import { after as afterAll, afterEach, test } from "node:test";
    import { chat } from ${module("src/endpoint/dialects/chat.ts")};
    import { streamRequest } from ${module(source)};
    import { installNoEgress } from ${JSON.stringify(join(repositoryRoot, "src/testing/no-egress.ts"))};
    installNoEgress({ afterEach, afterAll });
    const exchange = async () => ({ sentMs: 1, endMs: 2, head: null, failure: { kind: "reset", message: "as asked" } });
    test("a request is answered", async () => {
      const authority = { category: "inference-endpoint", host: "192.0.2.1", port: 8000, flag: "--endpoint" };
      const { status } = await streamRequest({ exchange, close() {} }, { authority }, chat, {});
      assert.equal(status, "error");
    });`;
}
