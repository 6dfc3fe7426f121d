/** `inferguard daemon` as it is installed: started, asked, killed, taken over and stopped. */
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attestationSchema } from "../../src/posture/attestation-schema.ts";
import { canBeOrdinaryUser, runAsOrdinaryUser } from "../../src/runs/ordinary-user.fixture.ts";
import { daemonStatusSchema } from "../../src/runs/schemas/daemon-status.ts";
import { showSchema } from "../../src/runs/schemas/daemon.ts";
import { runSchema } from "../../src/runs/schemas/run.ts";
import { openClient } from "../client.ts";
import { startEngine } from "./bench.ts";
import { runCli } from "./cli.ts";
import { withDaemonHome } from "./daemon.ts";

const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

async function watched(): Promise<[string, string]> {
  const { port } = await startEngine();
  return ["--metrics-url", `http://127.0.0.1:${port}/metrics`];
}

/** What the daemon's port answers, without a header of our own. */
async function ask(url: string, headers: [string, string][] = []) {
  const { port, pathname } = new URL(url);
  const exchange = await openClient(Number(port)).get({}, {}, { path: pathname, headers });
  return { status: exchange.head?.status, body: exchange.body };
}

describe("a daemon", () => {
  it("runs on when its start has ended, says what it does, and stops in good order", async () => {
    await withDaemonHome(async ({ control, start, status, daemon, artifact }) => {
      const up = await start(...(await watched()), "--interval", "100ms");
      expect({
        directory: modeOf(control),
        socket: modeOf(join(control, "daemon.sock")),
        token: modeOf(up.token_file),
        log: modeOf(up.log_file),
      }).toEqual({ directory: "700", socket: "600", token: "600", log: "600" });

      await expect
        .poll(async () => daemonStatusSchema.parse((await status()).document["daemon"]).watch.endpoints[0]?.scrapes, {
          timeout: 10_000,
        })
        .toBeGreaterThan(1);
      const { code, document } = await status();
      expect({ code, state: document["state"] }).toEqual({ code: 0, state: "running" });
      expect(daemonStatusSchema.parse(document["daemon"])).toMatchObject({
        pid: up.pid,
        watch: { endpoints: [{ role: "engine", engine: "vllm", last_error: null }] },
        egress: { denied: 0 },
        telemetry: { state: "disabled", reason: "Denied:Default" },
      });

      const token = readFileSync(up.token_file, "utf8").trim();
      expect(await ask(up.metrics_url)).toMatchObject({ status: 401 });
      const scraped = await ask(up.metrics_url, [["Authorization", `Bearer ${token}`]]);
      expect(scraped).toMatchObject({ status: 200, body: expect.stringContaining("# TYPE inferguard_") as string });

      const shown = await daemon(["show", "--since", "1m", "--json"]);
      expect(showSchema.parse(JSON.parse(shown.stdout)).endpoints).toMatchObject([{ engine: "vllm" }]);

      const second = await daemon(["start", ...(await watched())]);
      expect(second).toMatchObject({ code: 3, stdout: "" });
      expect(second.stderr).toContain(`a daemon of yours is running already, with pid ${up.pid}`);

      expect(await daemon(["stop"])).toMatchObject({ code: 0, stdout: `The daemon with pid ${up.pid} has stopped.\n` });
      expect(readdirSync(control)).toEqual(["daemon.log"]);
      expect(runSchema.parse(artifact(up.run, "run.json"))).toMatchObject({ status: "completed", missing: [] });
      expect(artifact(up.run, "egress.json")).toMatchObject({
        denied: 0,
        authorities: [
          { category: "metrics-endpoint", flag: "--metrics-url" },
          { category: "loopback-prometheus", connections: 2 },
          { category: "localhost-daemon", host: join(control, "daemon.sock") },
        ],
      });
      expect(await status()).toMatchObject({ code: 3, document: { state: "none" } });
      const log = await daemon(["logs"]);
      expect(log.stdout).toMatch(/Z watching engine [^]*Z stopping\n[^]*Z stopped\n/);
    });
  });

  it("that was killed is gone, and the next one takes its place and its run", async () => {
    await withDaemonHome(async ({ start, status, daemon, artifact }) => {
      const args = [...(await watched()), "--interval", "100ms"];
      const killed = await start(...args);
      process.kill(killed.pid, "SIGKILL");
      await expect.poll(async () => (await status()).code, { timeout: 10_000 }).toBe(1);
      expect((await status()).document).toMatchObject({ state: "gone", pid: killed.pid });
      expect(artifact(killed.run, "egress.json")).toMatchObject({ schema: "inferguard-egress/v1", denied: 0 });

      const next = await start(...args);
      expect(next.run).toBe(killed.run);
      expect((await status()).code).toBe(0);
      expect((await daemon(["logs"])).stdout).toContain(`the daemon with pid ${killed.pid} was killed`);
      expect((await daemon(["stop"])).code).toBe(0);
    });
  });

  it("that does not answer is stale, is not ended by force, and stops as it was asked to once it goes on", async () => {
    await withDaemonHome(async ({ start, status, daemon }) => {
      const { pid } = await start(...(await watched()));
      process.kill(pid, "SIGSTOP");
      const [asked, stopped] = await Promise.all([status(), daemon(["stop"])]);
      expect(asked).toMatchObject({ code: 1, document: { state: "stale", pid } });
      expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining(`kill -9 ${pid} ends it`) as string });
      process.kill(pid, "SIGCONT");
      await expect.poll(async () => (await status()).code, { timeout: 10_000 }).toBe(3);
    });
  });

  it("in the foreground ends in good order when it is told by a signal", async () => {
    await withDaemonHome(async ({ home, control, daemon }) => {
      const { code, stdout, stderr } = await daemon(["start", "--foreground", "--port", "0", ...(await watched())], {
        kill: { signal: "SIGTERM", output: /Z watching/ },
      });
      expect({ code, stderr }).toMatchObject({ code: 143, stderr: expect.stringContaining("egress:") as string });
      expect(stdout).toMatch(/^The daemon is up, with pid \d+/);
      expect(readdirSync(control)).toEqual(["daemon.log"]);
      const [run = ""] = readdirSync(join(home, "inferguard-runs"));
      const text = readFileSync(join(home, "inferguard-runs", run, "run.json"), "utf8");
      expect(JSON.parse(text)).toMatchObject({ status: "completed", missing: [] });
    });
  });

  it("keeps watching when its run's directory is removed, and says so", async () => {
    await withDaemonHome(async ({ start, status, daemon }) => {
      const up = await start(...(await watched()), "--interval", "100ms");
      rmSync(up.run, { recursive: true });
      const read = async () => daemonStatusSchema.parse((await status()).document["daemon"]);
      await expect.poll(async () => (await read()).run_trouble, { timeout: 15_000 }).toMatch(/ENOENT/);
      const before = (await read()).watch.endpoints[0]?.scrapes ?? 0;
      await expect
        .poll(async () => (await read()).watch.endpoints[0]?.scrapes, { timeout: 10_000 })
        .toBeGreaterThan(before);
      expect((await daemon(["stop"])).code).toBe(0);
    });
  });

  it("says afresh at each use what was decided about telemetry, and what its own environment forbids", async () => {
    await withDaemonHome(async ({ home, start, status, daemon }) => {
      const reason = async () => daemonStatusSchema.parse((await status()).document["daemon"]).telemetry.reason;
      await start(...(await watched()));
      expect(await reason()).toBe("Denied:Default");
      await runCli(["telemetry", "enable", "--yes"], { home });
      expect(await reason()).toBe("Allowed:UserExplicitlyEnabled");
      await runCli(["telemetry", "disable"], { home });
      expect(await reason()).toBe("Denied:UserDisabled");
      await daemon(["stop"]);
      const args = ["start", "--port", "0", "--json", ...(await watched())];
      expect((await daemon(args, { env: { DO_NOT_TRACK: "1" } })).code).toBe(0);
      expect(await reason()).toBe("Denied:DoNotTrack");
      await daemon(["stop"]);
    });
  });
});

describe("another user of this machine", () => {
  it.runIf(process.getuid?.() === 0 && canBeOrdinaryUser)(
    "gets nothing from the socket, the files or the port without the token",
    async () => {
      await withDaemonHome(async ({ home, control, start }) => {
        const up = await start(...(await watched()));
        // The directories above are open to everyone, as a home often is: what keeps others out is the daemon's own.
        for (const path of [home, join(home, "run")]) chmodSync(path, 0o711);
        expect(seenByAnother(`fs.readdirSync(${JSON.stringify(control)})`)).toBe("EACCES");
        expect(seenByAnother(`fs.readFileSync(${JSON.stringify(up.token_file)})`)).toBe("EACCES");
        expect(seenByAnother(connecting(join(control, "daemon.sock")))).toBe("EACCES");
        // Nor does the socket itself let anyone in.
        chmodSync(control, 0o711);
        expect(seenByAnother(connecting(join(control, "daemon.sock")))).toBe("EACCES");
        chmodSync(control, 0o700);
        for (const path of ["/metrics", "/api/v1/state", "/api/v1/show"])
          expect(await ask(new URL(path, up.metrics_url).href)).toMatchObject({ status: 401 });
      });
    },
  );
});

describe("telemetry prove", () => {
  it("passes for a daemon in the foreground: it reaches its endpoint and nothing else", async ({ skip }) => {
    await withDaemonHome(async ({ home, control, daemon, status }) => {
      const command = ["daemon", "start", "--foreground", "--port", "0", "--interval", "100ms", ...(await watched())];
      const env = { XDG_RUNTIME_DIR: join(control, "..") };
      const proving = runCli(["telemetry", "prove", "--tier", "traced", "--json", "--", ...command], { home, env });
      const isOver = proving.then(() => true);
      const isUp = async () => (await status()).code === 0;
      while (!(await Promise.race([isOver, isUp()])));
      await daemon(["stop"]);
      const { code, stdout, stderr } = await proving;
      skip(stderr.includes("nothing was proved"), stderr.trim());
      const { predicate } = attestationSchema.parse(JSON.parse(stdout));
      expect({ code, verdict: predicate["x-verdict"], doubts: predicate["x-doubts"] }).toEqual({
        code: 0,
        verdict: "PASS",
        doubts: [],
      });
      const groups = predicate.monitorLog.network.map((each) => `${each["x-authority"]} ${each["x-what"]}`);
      expect(groups.filter((group) => !group.includes("missed")).toSorted()).toEqual([
        "--metrics-url connected",
        "loopback listened",
        "unix:socket#1 listened",
      ]);
    });
  });
});

/** What comes of a line of JavaScript for a user who is nobody in particular: an error's code, or `done`. */
function seenByAnother(line: string): string {
  const script = `const fs = require("fs"), net = require("net");
    const say = (error) => { console.error(error?.code ?? "done"); process.exit(); };
    try { Promise.resolve(${line}).then(() => say(), say); } catch (error) { say(error); }`;
  return runAsOrdinaryUser(process.execPath, "-e", script).stderr.trim();
}

function connecting(path: string): string {
  return `new Promise((resolve, reject) => net.connect(${JSON.stringify(path)}, resolve).once("error", reject))`;
}

describe("the control socket", () => {
  it("closes on garbage and serves on", async () => {
    await withDaemonHome(async ({ control, start, status }) => {
      await start(...(await watched()));
      const closed = await new Promise<boolean>((resolve) => {
        const socket = connect(join(control, "daemon.sock"));
        socket.on("error", () => {}).once("close", () => resolve(true));
        socket.resume().write("\0\0\0\0 not HTTP\r\n\r\n");
      });
      expect(closed).toBe(true);
      expect((await status()).code).toBe(0);
    });
  });

  it("is used by no command where somebody else could have put it", async () => {
    await withDaemonHome(async ({ home, control, daemon }) => {
      symlinkSync(home, control);
      for (const args of [["status"], ["stop"], ["show"], ["logs"], ["start", ...(await watched())]])
        expect(await daemon(args)).toMatchObject({
          code: 4,
          stderr: expect.stringContaining("must be a directory, and is something else") as string,
        });
    });
  });
});

describe("daemon start", () => {
  it.each<[string, string[], number, string]>([
    ["with nothing to watch", [], 2, "daemon start is given nothing to watch"],
    ["with a port that is none", ["--port", "70000"], 2, "is not a whole number from 0 to 65535"],
    ["with a size without its unit", ["--max-disk", "5"], 2, "is not a size such as 500MB"],
    ["with a time without its unit", ["--retain", "30"], 2, "is not a duration such as 90s"],
    [
      "with an address for no destination of its",
      ["--metrics-url", "http://a.test", "--resolve", "b.test:80:127.0.0.1"],
      2,
      "is not a destination of this command",
    ],
    [
      "with certificates that are none",
      ["--metrics-url", "https://a.test", "--ca-file", "/dev/null"],
      3,
      "no certificate",
    ],
    [
      "where no run can be made",
      ["--runs-dir", "/proc/nowhere", "--port", "0"],
      3,
      "cannot write a run into /proc/nowhere",
    ],
  ])("%s says so, with nothing left behind", async (_what, args, code, words) => {
    await withDaemonHome(async ({ control, daemon }) => {
      const result = await daemon(["start", ...args]);
      expect(result).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(words) as string });
      const left = readdirSync(join(control, ".."), { recursive: true }).map(String);
      expect(left.filter((name) => !/^inferguard$|daemon\.log$/.test(name))).toEqual([]);
    });
  });

  it("says it when the port is taken, and how to take another", async () => {
    const { port } = await startEngine();
    await withDaemonHome(async ({ daemon }) => {
      const args = ["start", "--port", String(port), ...(await watched())];
      const { code, stderr } = await daemon(args);
      expect({ code, stderr }).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("the port is taken") as string,
      });
      expect(stderr).toContain("choose another port with --port");
    });
  });
});
