import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { telemetryAudit } from "../../src/commands/telemetry-audit.ts";
import { auditSchema, type BuildManifest } from "../../src/posture/audit/schemas.ts";
import { bin, repositoryRoot, runCli, withTempHome } from "./cli.ts";

const audit = async (...args: string[]) => runCli(["telemetry", "audit", ...args]);

describe("telemetry audit", () => {
  it("passes the program as it was built, and lists what it can do", async () => {
    const { code, stdout, stderr } = await audit();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("src/net/gate.ts");
    expect(stdout).toMatch(/^[0-9a-f]{64} {2}dist\/main\.js$/m);
    expect(stdout).toMatch(/\nPassed: [^\n]*\n$/);
  });

  it("prints it as a document, in which nothing is listed that is not there", async () => {
    const { stdout } = await audit("--json");
    const document = auditSchema.parse(JSON.parse(stdout));
    expect(document).toMatchObject({ verdict: "pass", faults: [], not_found: [] });
    const network = document.capabilities.filter(({ uses }) =>
      uses.some(({ use }) => /^node:(net|tls|http|dns)/.test(use)),
    );
    expect(network.length).toBeGreaterThan(0);
    expect(network.filter(({ module }) => !module.startsWith("src/net/"))).toEqual([]);
  });

  it("finds no package in it that reaches a network, starts anything or loads native code", async () => {
    const { stdout } = await audit("--json");
    const { capabilities } = auditSchema.parse(JSON.parse(stdout));
    // What only a browser has is nothing here: a package that asks for it goes without.
    const browsers = new Set(["DOMMatrix", "WebKitCSSMatrix", "document"]);
    const ofPackages = capabilities.filter(
      ({ module, uses }) => !module.startsWith("src/") && !uses.every(({ use }) => browsers.has(use)),
    );
    expect([...browsers].filter((name) => name in globalThis)).toEqual([]);
    expect(new Set(ofPackages.map(({ kind }) => kind))).toEqual(new Set(["code"]));
    expect(ofPackages.flatMap(({ uses }) => uses.map(({ use }) => use))).not.toContain("Function");
  });

  it("says of a folder that holds no package what it wants", async () => {
    const { code, stderr } = await audit("/nowhere");
    expect(code).toBe(3);
    expect(stderr).toContain("/nowhere/dist");
    expect(stderr).toContain("npm run build");
  });

  const strace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

  it("asks the kernel for no socket of the internet", ({ skip }) => {
    skip(!strace, "there is no strace, or it may not trace here");
    return withTempHome((home) => {
      const record = join(home, "record");
      const traced = [process.execPath, bin, "telemetry", "audit"];
      const { status } = spawnSync("strace", ["-f", "-e", "trace=network", "-o", record, ...traced], { cwd: home });
      expect(status).toBe(0);
      expect(readFileSync(record, "utf8")).not.toMatch(/AF_INET|AF_NETLINK|connect\(/);
      return Promise.resolve();
    });
  });
});

/** Each is added to a built file; the digests are made to fit, as somebody who can change the one can change the other. */
const planted = [
  `fetch("http://192.0.2.1/");`,
  `import { request as planted } from "node:http"; planted("http://192.0.2.1/");`,
  `eval("1");`,
  `process.binding("tcp_wrap");`,
  `await import(process.argv[2]);`,
  `process.getBuiltinModule("net").connect(80, "192.0.2.1");`,
  `import { Worker as Planted } from "node:worker_threads"; new Planted("./x.js");`,
  `process.dlopen({}, "./x.node");`,
];

describe("telemetry audit of a copy that was changed", () => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, "dist/manifest.json"), "utf8")) as BuildManifest;
  const files = Object.keys(manifest.files).filter((name) => name.endsWith(".js"));

  it.each(planted.map((text, index) => [text, files[(index * 5) % files.length] ?? "main.js"]))(
    "finds %s in %s",
    (text, file) =>
      withTempHome((copy) => {
        copyPackage(copy);
        appendFileSync(join(copy, "dist", file), `\n${text}\n`);
        const honest = telemetryAudit(copy);
        expect(honest.lines).toContain(`${file} is not as the build wrote it`);
        forgeManifest(copy, file);
        const forged = auditSchema.parse(JSON.parse(telemetryAudit(copy).document));
        expect(forged.faults).toEqual([]);
        expect(forged).toMatchObject({ verdict: "fail" });
        const unlisted = forged.capabilities.filter((each) => each.unlisted.length > 0);
        expect(new Set(unlisted.map((each) => each.file))).toEqual(new Set([file]));
        return Promise.resolve();
      }),
  );

  it("exits with 1, and says what is not listed", () =>
    withTempHome(async (copy) => {
      copyPackage(copy);
      appendFileSync(join(copy, "dist/program.js"), `\nfetch("http://192.0.2.1/");\n`);
      forgeManifest(copy, "program.js");
      const { code, stdout } = await audit(copy);
      expect(code).toBe(1);
      expect(stdout).toMatch(/not listed: \S+ can reach a network: fetch\n/);
    }));
});

function copyPackage(to: string): void {
  mkdirSync(join(to, "dist"));
  cpSync(join(repositoryRoot, "dist"), join(to, "dist"), { recursive: true });
  cpSync(join(repositoryRoot, "package.json"), join(to, "package.json"));
}

function forgeManifest(copy: string, file: string): void {
  const path = join(copy, "dist/manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as BuildManifest;
  const entry = manifest.files[file];
  if (entry === undefined) throw new Error(`the build wrote no ${file}`);
  entry.sha256 = createHash("sha256")
    .update(readFileSync(join(copy, "dist", file)))
    .digest("hex");
  writeFileSync(path, JSON.stringify(manifest));
}
