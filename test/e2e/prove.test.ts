/** `inferguard telemetry prove` as it is installed, as root and as an ordinary user. */
import { chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messageOf } from "../../src/errors.ts";
import { attestationSchema } from "../../src/posture/attestation-schema.ts";
import { canBeOrdinaryUser } from "../../src/runs/ordinary-user.fixture.ts";
import { steady, startEngine } from "./bench.ts";
import { canary, leaksIn } from "./canary.ts";
import { bin, type CliResult, repositoryRoot, runProgram, withTempHome } from "./cli.ts";

const isRoot = process.getuid?.() === 0;
const users = [
  { user: isRoot ? "root" : "an ordinary user", prefix: [], id: null },
  ...(isRoot && canBeOrdinaryUser
    ? [{ user: "an ordinary user", prefix: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], id: 65534 }]
    : []),
];

const bench = [
  "--model",
  steady.model,
  "--requests",
  "3",
  "--concurrency",
  "1",
  "--output-tokens",
  "5",
  "--warmup",
  "0",
];

describe("names", () => {
  it("are looked up at the system's own server, and only those that a flag gave", async ({ skip }) => {
    await withTempHome(async (home) => {
      const [resolv, script] = ["resolv.conf", "script"].map((name) => join(home, name)) as [string, string];
      writeFileSync(resolv, "nameserver 127.0.0.1\n");
      writeFileSync(
        script,
        `"$1" "$2" mimic --host 127.0.0.9 --port 8123 &\nsleep 1\nshift 2\n"$@"\ncode=$?\nkill %1\nexit $code\n`,
      );
      const reason = await whyNoNamespace(home, resolv);
      skip(reason !== null, `no network namespace here: ${reason}`);
      const named = [
        "bench",
        "--endpoint",
        "http://llm.test:8123",
        "--requests",
        "2",
        "--concurrency",
        "1",
        "--output-tokens",
        "5",
      ];
      const command = [
        process.execPath,
        bin,
        "telemetry",
        "prove",
        "--json",
        "--tier",
        "traced",
        "--reveal",
        "--",
        ...named,
      ];
      const server = [process.execPath, nameServer, "llm.test", "127.0.0.9"];
      const inside = ["bash", "-m", script, process.execPath, bin, ...command];
      const result = await runProgram("bwrap", [...namespace(resolv), ...server, ...inside], { home });
      if (result.stderr.includes("nothing was proved")) skip(result.stderr.trim());
      const { predicate } = attestationSchema.parse(JSON.parse(result.stdout.slice(result.stdout.indexOf("{"))));
      expect(predicate).toMatchObject({ "x-verdict": "PASS", "x-doubts": [] });
      expect(predicate.monitorLog.network).toContainEqual(
        expect.objectContaining({
          ip: "127.0.0.1",
          port: 53,
          "x-authority": "dns-resolver",
          "x-what": "looked up llm.test",
        }),
      );
      expect(predicate.monitorLog.network).toContainEqual(
        expect.objectContaining({ hostname: "llm.test", ip: "127.0.0.9", port: 8123, "x-authority": "--endpoint" }),
      );
    });
  });
});

const nameServer = join(repositoryRoot, "src/net/prove/name-server.fixture.ts");

/** A namespace of its own for a network, in which the name server may have its usual port. */
function namespace(resolv: string): string[] {
  const alone = [
    "--unshare-user",
    "--unshare-net",
    "--unshare-pid",
    "--die-with-parent",
    "--cap-add",
    "CAP_NET_BIND_SERVICE",
  ];
  return [
    ...alone,
    "--bind",
    "/",
    "/",
    "--dev-bind",
    "/dev",
    "/dev",
    "--proc",
    "/proc",
    "--ro-bind",
    resolv,
    "/etc/resolv.conf",
    "--",
  ];
}

async function whyNoNamespace(home: string, resolv: string): Promise<string | null> {
  try {
    const { code, stderr } = await runProgram("bwrap", [...namespace(resolv), "true"], { home });
    return code === 0 ? null : stderr.trim();
  } catch (error) {
    return messageOf(error);
  }
}

describe.each(users)("as $user", ({ prefix, id }) => {
  it("the statement holds nothing of what the command was given", async ({ skip }) => {
    const { port } = await startEngine();
    const secrets: Record<string, string> = {};
    const planted = (place: string) => (secrets[place] = canary(place));
    const host = `${planted("host")}.test`;
    const given = [
      ...["bench", "--endpoint", `http://${host}:${port}/${planted("path")}`, "--resolve", `${host}:${port}:127.0.0.1`],
      ...["--header", `X-${planted("header")}: ${planted("value")}`, "--api-key-env", "KEY", "--allow-plaintext-key"],
      ...["--model", planted("model"), "--name", planted("name"), "--runs-dir", planted("directory"), "--no-metrics"],
      ...["--input", "prompts", "--requests", "2"],
    ];
    const surroundings = {
      env: { KEY: planted("key"), [`X_${planted("variable's name")}`]: planted("variable") },
      files: { prompts: JSON.stringify({ prompt: planted("prompt") }) },
    };
    const look = ({ stdout, statement }: { stdout: string; statement: ReturnType<typeof attestationSchema.parse> }) => {
      expect(statement.predicate["x-verdict"]).toBe("PASS");
      expect(leaksIn(stdout, secrets)).toEqual([]);
    };
    await prove(["--tier", "traced", "--", ...given], skip, look, surroundings);
  });

  it.for(["traced", "airlock"])("bench against an endpoint passes at tier %s", async (tier, { skip }) => {
    const { port } = await startEngine();
    await prove(
      ["--tier", tier, "--", "bench", "--endpoint", `http://127.0.0.1:${port}`, ...bench],
      skip,
      ({ statement }) => {
        expect(statement.predicate["x-verdict"]).toBe("PASS");
        expect(statement.predicate["x-complete"]).toBe(true);
        const groups = statement.predicate.monitorLog.network.map((entry) => entry["x-authority"]);
        expect(new Set(groups)).toEqual(new Set(["--endpoint"]));
        expect(JSON.stringify(statement)).not.toContain("127.0.0.1");
      },
    );
  });

  it("bench against a name that --resolve gives an address passes in an airlock without a look-up", async ({
    skip,
  }) => {
    const { port } = await startEngine();
    const endpoint = ["--endpoint", `http://llm.test:${port}`, "--resolve", `llm.test:${port}:127.0.0.1`];
    await prove(["--tier", "airlock", "--reveal", "--", "bench", ...endpoint, ...bench], skip, ({ statement }) => {
      const reached = statement.predicate.monitorLog.network.filter(
        (entry) => !entry["x-authority"].startsWith("unix:"),
      );
      expect(reached).toMatchObject([{ hostname: "llm.test", ip: "127.0.0.1", port, "x-authority": "--endpoint" }]);
    });
  });

  it("bench of the simulated engine passes at tier traced, on loopback", async ({ skip }) => {
    await prove(["--tier", "traced", "--", "bench", "--requests", "2", "--concurrency", "1"], skip, ({ statement }) => {
      const groups = statement.predicate.monitorLog.network.map((entry) => entry["x-authority"]);
      expect(new Set(groups)).toEqual(new Set(["loopback"]));
    });
  });

  it("telemetry status passes sealed, which is taken without being asked for", async ({ skip }) => {
    await prove(["--", "telemetry", "status"], skip, ({ statement, stderr }) => {
      const { tier } = statement.predicate.monitor.tracePolicy;
      if (tier !== "sealed") skip(`the strongest tier here is ${tier}`);
      expect(statement.predicate.monitorLog.network).toEqual([]);
      expect(stderr).toContain("Telemetry   disabled");
    });
  });

  /** Skips where the tier is not to be had; else it must have passed. */
  async function prove(
    args: readonly string[],
    skip: (reason: string) => void,
    look: (result: CliResult & { statement: ReturnType<typeof attestationSchema.parse> }) => void,
    { env = {}, files = {} }: { env?: Record<string, string>; files?: Record<string, string> } = {},
  ): Promise<void> {
    await withTempHome(async (home) => {
      if (id !== null) chownSync(home, id, id);
      const [program = "", ...rest] = [...prefix, process.execPath, bin, "telemetry", "prove", "--json", ...args];
      for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
      const result = await runProgram(program, rest, { home, env });
      if (result.stderr.includes("nothing was proved")) skip(result.stderr.trim());
      expect({ code: result.code, stderr: result.code === 0 ? "" : result.stderr }).toEqual({ code: 0, stderr: "" });
      const statement = attestationSchema.parse(JSON.parse(result.stdout));
      const [file = ""] = readdirSync(home).filter((name) => name.endsWith(".intoto.json"));
      expect(readFileSync(join(home, file), "utf8")).toBe(result.stdout);
      look({ ...result, statement });
    });
  }
});
