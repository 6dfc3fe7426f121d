/** Runs the corpus: each technique in a process of its own, against a canary of its own, with something that holds it or without. */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { sleep } from "../../src/clock.ts";
import { HOST, startCanary } from "./canary.ts";
import { clientsFolder } from "./nodes.ts";

export interface Outcome {
  /** Something arrived, or the probe knows that it got through. */
  reached: boolean;
  /** Why it could not be tried. */
  skip: string | null;
  /** The code of the error that the probe got. */
  error: string | null;
  /** An error that nobody could have caught. */
  stray: string | null;
}

const prober = fileURLToPath(new URL("probe.mjs", import.meta.url));

/** What holds a technique: nothing, the program's guard, or the fixture for tests, which lets loopback through. */
export type Holder = "none" | "guard" | "fixture";

/**
 * The techniques by their names, each with what came of it.
 * @param host an address of this machine at which the canary is
 */
export async function runCorpus(
  node: string,
  names: readonly string[],
  holder: Holder,
  host = HOST,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const held = holder === "none" ? "none" : `${holder} ${await (holder === "guard" ? builtGuard() : builtFixture())}`;
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      outcomes.set(name, await tryOne(node, name, held, host));
  };
  await Promise.all([work(), work(), work(), work()]);
  return outcomes;
}

async function tryOne(node: string, name: string, held: string, host: string): Promise<Outcome> {
  const canary = await startCanary(host);
  const { port, directory } = canary.target;
  const env = {
    PATH: process.env["PATH"],
    // For the native library, which has no other way to know.
    CANARY_HOST: host,
    CANARY_PORT: String(port),
    NODE_NO_WARNINGS: "1",
    ...(name.includes("proxy of the environment")
      ? { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://${host}:${port}` }
      : {}),
  };
  const target = JSON.stringify({ ...canary.target, ...nativeCode(), packages: clientsFolder() });
  const child = spawn(node, [prober, held, name, target], { cwd: directory, env });
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  // What a process left behind may still be on its way.
  for (let turn = 0; turn < 5 && canary.hits() === 0; turn++) await sleep(10);
  const answer = answerIn(output) ?? { reached: false, skip: null, error: complaint || "it said nothing", stray: null };
  const reached = answer.reached || canary.hits() > 0;
  canary.close();
  return { ...answer, reached };
}

const built: string[] = [];

export function removeWhatWasBuilt(): void {
  for (const directory of built) rmSync(directory, { recursive: true, force: true });
}

function directoryToBuildIn(): string {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-corpus-"));
  built.push(directory);
  return directory;
}

/** The guard as the build makes it, in a file of its own: an old Node does not read TypeScript. */
export function builtGuard(): Promise<string> {
  return builtFrom({ guard: "src/net/guard.ts" });
}

/** The same of the fixture, with what it loads into other processes beside it. */
function builtFixture(): Promise<string> {
  return builtFrom({ testing: "src/testing/no-egress.ts", "continue-block": "src/testing/continue-block.ts" });
}

/** @returns the URL of the first. */
async function builtFrom(entries: Readonly<Record<string, string>>): Promise<string> {
  const outdir = directoryToBuildIn();
  await build({
    entryPoints: entries,
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    minifySyntax: true,
    logLevel: "error",
  });
  return pathToFileURL(join(outdir, `${Object.keys(entries)[0]}.mjs`)).href;
}

function answerIn(output: string): Outcome | null {
  const line = output.split("\n").findLast((each) => each.startsWith('{"reached"'));
  return line === undefined ? null : (JSON.parse(line) as Outcome);
}

let compiled: { library?: string; addon?: string } | undefined;

/** A library that connects to the canary when it is loaded, and the same under an addon's name; nothing without a compiler. */
function nativeCode(): { library?: string; addon?: string } {
  if (compiled !== undefined) return compiled;
  const directory = directoryToBuildIn();
  const [source, library, addon] = ["connects.c", "connects.so", "connects.node"].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  writeFileSync(source, librarySource);
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-o", library, source]);
  if (status === 0) copyFileSync(library, addon);
  compiled = status === 0 ? { library, addon } : {};
  return compiled;
}

const librarySource = `
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
__attribute__((constructor)) static void connects(void) {
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(getenv("CANARY_PORT"))) };
  inet_pton(AF_INET, getenv("CANARY_HOST"), &to.sin_addr);
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
}
`;
