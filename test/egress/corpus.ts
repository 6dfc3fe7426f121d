/** Runs the corpus: each technique in a process of its own, against a canary of its own, with the guard or without. */
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

/** The techniques by their names, each with what came of it. */
export async function runCorpus(node: string, names: readonly string[], guard: boolean): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const guardModule = guard ? await builtGuard() : "none";
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      outcomes.set(name, await tryOne(node, name, guardModule));
  };
  await Promise.all([work(), work(), work(), work()]);
  return outcomes;
}

async function tryOne(node: string, name: string, guardModule: string): Promise<Outcome> {
  const canary = await startCanary();
  const { port, directory } = canary.target;
  const env = {
    PATH: process.env["PATH"],
    // For the native library, which has no other way to know.
    CANARY_PORT: String(port),
    NODE_NO_WARNINGS: "1",
    ...(name.includes("proxy of the environment")
      ? { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://${HOST}:${port}` }
      : {}),
  };
  const target = JSON.stringify({ ...canary.target, ...nativeCode(), packages: clientsFolder() });
  const child = spawn(node, [prober, guardModule, name, target], { cwd: directory, env });
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
export async function builtGuard(): Promise<string> {
  const outfile = join(directoryToBuildIn(), "guard.mjs");
  const entry = fileURLToPath(new URL("../../src/net/guard.ts", import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    minifySyntax: true,
    logLevel: "error",
  });
  return pathToFileURL(outfile).href;
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
  inet_pton(AF_INET, "${HOST}", &to.sin_addr);
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
}
`;
