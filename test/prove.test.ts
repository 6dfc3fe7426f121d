/** `telemetry prove` against programs that do what no flag allows, started in place of InferGuard's own. */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AuthorityCategory, mintAuthority } from "../src/net/authority.ts";
import { openGate } from "../src/net/gate.ts";
import { airlocks, readEnd } from "../src/net/prove/airlocks.ts";
import { type Proof, type Tier, tiers } from "../src/net/prove/proof.ts";
import { prove } from "../src/net/prove/prove.ts";
import { whyNotSealed, seals } from "../src/net/prove/seals.ts";
import { sealingProgram } from "../src/net/prove/seccomp-program.ts";
import { whyItFails } from "../src/net/prove/try-command.ts";
import { withTempHome } from "./e2e/cli.ts";

const rogue = join(import.meta.dirname, "../src/net/prove/rogue.fixture.ts");
const inUnixSocket = Symbol("a Unix socket");

const everyDeed = [
  ["connects", "tcp", "connected"],
  ["connects in a child process", "child", "connected"],
  ["connects in a thread", "worker", "connected"],
  ["sends a datagram", "udp", "listened"],
  ["asks a name server of its own", "own resolver", "connected"],
] as const;

/** Why a tier is not to be had here, found out as prove does. */
const whyNot = Object.fromEntries(
  await Promise.all(tiers.map(async (tier) => [tier, (await run(tier, "nothing", 0)).reason] as const)),
) as Record<Tier, string | null>;

describe.each(["traced", "airlock"] as const)("at tier %s", (tier) => {
  describe.skipIf(whyNot[tier] !== null)(`a program${reasonOf(tier)}`, () => {
    it("that reaches what a flag names passes", async () => {
      const server = await startServer();
      const { proof } = await run(tier, "fetch", server.port, ["--endpoint"]);
      expect(proof).toMatchObject({ tier, verdict: "PASS", doubts: [], end: { code: 0, signal: null } });
      expect(proof?.destinations).toMatchObject([{ group: "--endpoint", port: server.port, times: 1 }]);
      expect(server.requests()).toBe(1);
    });

    it("that reaches nothing passes", async () => {
      const { proof } = await run(tier, "nothing", 0);
      expect(proof).toMatchObject({ tier, verdict: "PASS", destinations: [] });
    });

    it.each(tier === "traced" ? everyDeed : everyDeed.slice(0, 1))(
      "that %s without a flag fails",
      async (_deed, deed, what) => {
        const server = await startServer();
        const { proof } = await run(tier, deed, server.port);
        expect(proof?.verdict).toBe("FAIL");
        expect(proof?.destinations).toContainEqual(expect.objectContaining({ group: "UNAUTHORISED", what }));
        // Traced only watches; in the airlock nothing can have arrived.
        expect(tier === "airlock" ? server.arrivals() : 0).toBe(0);
      },
    );

    it("that connects to a Unix socket fails", async () => {
      const { proof } = await run(tier, "unix socket", inUnixSocket);
      expect(proof?.verdict).toBe("FAIL");
      expect(proof?.destinations).toMatchObject([{ group: "UNAUTHORISED", what: "connected", protocol: "unix" }]);
    });

    it("that kills what watches it does not pass", async () => {
      const { proof } = await run(tier, "kill the watcher", 0);
      expect(proof?.verdict).toBe("INCOMPLETE");
    });

    it("that starts a program with another user's powers does not pass", async ({ skip }) => {
      const mode = statSync("/usr/bin/su", { throwIfNoEntry: false })?.mode ?? 0;
      skip((mode & 0o4000) === 0, "there is no set-user-ID su here");
      const { proof } = await run(tier, "other user", 0);
      expect(proof).toMatchObject({
        verdict: "INCOMPLETE",
        doubts: [expect.stringContaining("another user's powers")],
      });
    });

    it("that refuses its own flags does not pass", async () => {
      const { proof } = await run(tier, "--no-such-deed", 0);
      expect(proof).toMatchObject({ verdict: "INCOMPLETE", end: { code: 2 } });
    });
  });
});

describe.skipIf(whyNot.airlock !== null)(`in an airlock${reasonOf("airlock")}`, () => {
  it("another address is not there, and asking for it fails the proof", async () => {
    const { proof } = await run("airlock", "far away", 0);
    expect(proof).toMatchObject({ verdict: "FAIL", destinations: [{ ip: "203.0.113.7", group: "UNAUTHORISED" }] });
  });

  it("a program is asked to end when prove is, and its end is told", async () => {
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 500);
    const { proof } = await run("airlock", "wait", 0, [], stopping.signal);
    expect(proof).toMatchObject({ tier: "airlock", verdict: "PASS", end: { code: 143 } });
  });

  it("the bytes of each flag are counted", async () => {
    const server = await startServer();
    const { proof } = await run("airlock", "fetch", server.port, ["--endpoint"]);
    const [reached] = proof?.destinations ?? [];
    expect(reached?.bytesOut).toBeGreaterThan(20);
    expect(reached?.bytesIn).toBeGreaterThan(20);
  });
});

describe.each(Object.entries(airlocks))("an airlock of %s", (name, airlock) => {
  it("has only its own loopback interface", ({ skip }) =>
    withTempHome((folder) => {
      const plan = { folder, allowed: [], endpoints: [] };
      const reason = whyItFails(airlock(plan, [process.execPath, "-e", "0"]));
      skip(reason !== null, `${name} makes none here: ${reason}`);
      const script = `process.exitCode = Object.keys(require("node:os").networkInterfaces()).join() === "lo" ? 7 : 1`;
      expect(whyItFails(airlock(plan, [process.execPath, "-e", script]))).toBe(null);
      expect(readEnd(folder)).toEqual({ end: { code: 7, signal: null }, whyNot: null });
      return Promise.resolve();
    }));
});

describe.each(Object.entries(seals))("a seal of %s", (name, seal) => {
  it("lets no socket be made, and all else that Node does", ({ skip }) =>
    withTempHome((folder) => {
      const reason = whyItFails(seal(folder, ["true"]));
      skip(reason !== null, `${name} makes none here: ${reason}`);
      expect(whyItFails(seal(folder, [process.execPath, "-e", triesSockets]))).toBe(null);
      expect(whyNotSealed(folder)).toBe(null);
      return Promise.resolve();
    }));
});

describe("the sealing program", () => {
  it("is there for the machines whose system calls are known", () => {
    expect(sealingProgram("x64")?.bytes.length).toBeGreaterThan(0);
    expect(sealingProgram("arm64")?.bytes.length).toBeGreaterThan(0);
    expect(sealingProgram("ppc64")).toBe(null);
  });
});

describe.skipIf(whyNot.sealed !== null)(`sealed${reasonOf("sealed")}`, () => {
  it("a program that reaches nothing passes", async () => {
    const { proof } = await run("sealed", "nothing", 0);
    expect(proof).toMatchObject({ tier: "sealed", verdict: "PASS", destinations: [], end: { code: 0 } });
  });

  it("a program that asks for a socket fails, and reaches nobody", async ({ skip }) => {
    skip(whyNot.traced !== null, `nobody watches what is tried: ${whyNot.traced}`);
    const server = await startServer();
    const { proof } = await run("sealed", "tcp", server.port);
    expect(proof).toMatchObject({ verdict: "FAIL", destinations: [{ what: "asked for a socket", note: "AF_INET" }] });
    expect(server.arrivals()).toBe(0);
  });

  it("is not for a command that uses the network", async () => {
    expect((await run("sealed", "fetch", 9, ["--endpoint"])).reason).toMatch(/uses the network \(--endpoint\)/);
  });
});

describe("at tier witness", () => {
  it("a program that leaves no record does not pass", async () => {
    const { proof } = await run("witness", "nothing", 0);
    expect(proof).toMatchObject({ tier: "witness", verdict: "INCOMPLETE" });
  });
});

/** A sealed process must fail to make a socket of any family, and still start threads and children. */
const triesSockets = `
const fail = (what) => { process.exitCode = 1; console.error(what); };
require("node:net").connect(9, "127.0.0.1").on("error", ({ code }) => code === "EACCES" || fail(code)).on("connect", fail);
require("node:net").connect("/run/no-such-socket").on("error", ({ code }) => code === "EACCES" || fail(code));
require("node:dgram").createSocket("udp4").on("error", () => {}).bind(0, () => fail("a datagram socket"));
if (require("node:child_process").execFileSync("echo", ["child"], { encoding: "utf8" }) !== "child\\n") fail("no child");
new (require("node:worker_threads").Worker)("0", { eval: true }).on("error", fail);
`;

interface Attempt {
  proof: Proof | null;
  reason: string | null;
}

async function run(
  tier: Tier,
  deed: string,
  port: number | typeof inUnixSocket,
  flags: string[] = [],
  signal = new AbortController().signal,
): Promise<Attempt> {
  const place = port === inUnixSocket ? await startUnixServer() : String(port);
  const category: AuthorityCategory = "inference-endpoint";
  const authorities = flags.map((flag) => mintAuthority(category, "127.0.0.1", Number(place), flag));
  const gate = openGate();
  try {
    const request = { bin: rogue, args: [deed, place], authorities, resolve: [], tiers: [tier], signal };
    const { proof, skipped } = await prove(gate, request);
    return { proof, reason: skipped[0]?.reason ?? null };
  } finally {
    gate.close();
  }
}

function reasonOf(tier: Tier): string {
  return whyNot[tier] === null ? "" : ` (skipped: ${whyNot[tier]})`;
}

/** On one port: HTTP over TCP, and datagrams. */
async function startServer(): Promise<{ port: number; requests(): number; arrivals(): number }> {
  let requests = 0;
  let arrivals = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.end("hello");
  });
  server.on("connection", () => arrivals++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const datagrams = createSocket("udp4", () => arrivals++);
  await new Promise<void>((resolve) => datagrams.bind(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    datagrams.close();
  });
  return { port, requests: () => requests, arrivals: () => arrivals };
}

function startUnixServer(): Promise<string> {
  return new Promise((resolve) => {
    const path = join(process.env["TMPDIR"] ?? "/tmp", `inferguard-test-${process.pid}.sock`);
    const server = createNetServer((socket) => socket.end()).listen(path, () => resolve(path));
    onTestFinished(() => void server.close());
  });
}
