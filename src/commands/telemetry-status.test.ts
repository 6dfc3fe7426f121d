import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusSchema, type TelemetryStatus } from "../posture/status-schema.ts";

const source = join(import.meta.dirname, "telemetry-status.ts");
const document = join(import.meta.dirname, "../../docs/telemetry/v0/POSTURE.md");
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "inferguard-home-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** In a process of its own, with this HOME and these variables and nothing else of the environment. */
function statusWith(environment: Record<string, string> = {}): TelemetryStatus {
  const script = `process.stdout.write((await import(${JSON.stringify(source)})).telemetryStatus().document)`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { PATH: process.env["PATH"], HOME: home, ...environment },
    encoding: "utf8",
    timeout: 20_000,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return statusSchema.parse(JSON.parse(stdout));
}

function everythingBelow(directory: string): string[] {
  const names = ["", ...(readdirSync(directory, { recursive: true }) as string[])];
  return names.map((name) => {
    const { mode, size, mtimeMs, ctimeMs, nlink } = lstatSync(join(directory, name));
    return [name, mode, size, mtimeMs, ctimeMs, nlink].join(" ");
  });
}

describe("telemetry status", () => {
  it("says on a fresh machine that there is no telemetry, and where the proof is", () => {
    expect(statusWith()).toMatchObject({
      statement: `No telemetry. No network calls outside endpoints you pass via flags. Verified: see ${document}`,
      state: "disabled",
      reason: "Denied:Default",
      token: { exists: false, usable: false },
      pending: 0,
      upload: "none in this release",
    });
  });

  it("looks at the environment and the files anew each time", () => {
    expect(statusWith({ DO_NOT_TRACK: "true" }).reason).toBe("Denied:DoNotTrack");
    expect(statusWith({ INFERGUARD_TELEMETRY: "never" }).reason).toBe("Denied:EnvironmentDisabled");
    mkdirSync(join(home, ".config/inferguard/secrets"), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, ".config/inferguard/secrets/consent.token"), "yes", { mode: 0o600 });
    expect(statusWith()).toMatchObject({ state: "disabled", reason: "Denied:ConsentInvalid" });
  });

  it("creates nothing in an empty HOME", () => {
    statusWith();
    expect(readdirSync(home)).toEqual([]);
  });

  it("changes nothing, and is not held up by pipes and huge files", () => {
    const folder = join(home, ".config/inferguard");
    mkdirSync(join(folder, "secrets"), { recursive: true, mode: 0o700 });
    expect(spawnSync("mkfifo", [join(folder, "secrets/consent.token"), join(folder, "uploads-pending")]).status).toBe(
      0,
    );
    writeFileSync(join(folder, "ledger.jsonl"), "");
    truncateSync(join(folder, "ledger.jsonl"), 2 ** 40);
    const before = everythingBelow(home);
    expect(statusWith()).toMatchObject({ state: "disabled", token: { rule: "token_kind" }, pending: null });
    expect(everythingBelow(home)).toEqual(before);
  });

  const strace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

  it("asks the kernel for no socket of the internet", ({ skip }) => {
    skip(!strace, "there is no strace, or it may not trace here");
    const record = join(home, "record");
    const script = `(await import(${JSON.stringify(source)})).telemetryStatus()`;
    const args = ["-f", "-e", "trace=network", "-o", record, process.execPath, "--input-type=module", "-e"];
    expect(spawnSync("strace", [...args, script]).status).toBe(0);
    expect(spawnSync("grep", ["-cE", "AF_INET|AF_NETLINK|connect\\(", record], { encoding: "utf8" }).stdout).toBe(
      "0\n",
    );
    // The same look at a program that does connect.
    const connecting = "import('node:net').then(({ connect }) => connect(9, '127.0.0.1').on('error', () => {}))";
    expect(spawnSync("strace", [...args, connecting]).status).toBe(0);
    expect(spawnSync("grep", ["-cE", "connect\\(.*AF_INET", record], { encoding: "utf8" }).stdout).toBe("1\n");
  });
});
