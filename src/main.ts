#!/usr/bin/env node
/**
 * The command `inferguard`. It answers what needs no command line (a Node that is too old, `--version`), then installs the
 * guard, and only then loads the command line and everything else. The build lowers this file so that an old Node can
 * parse it: no top-level await here, and no import but small ones that are built into it.
 */
import { exitCode, messageOf } from "./errors.ts";
import { startAgainWithoutNetwork } from "./net/guard/start-again.ts";
import { oldestNode, version } from "./version.ts";

if (isOlder(process.versions.node, oldestNode)) {
  process.stderr.write(
    `inferguard ${version} needs Node ${oldestNode} or newer; this is Node ${process.versions.node}\n`,
  );
  process.exitCode = exitCode.cannotRun;
} else if (process.argv[2] === "--version" || process.argv[2] === "-V") {
  process.stdout.write(`${version}\n`);
} else {
  if (onlyReads(process.argv.slice(2))) startAgainWithoutNetwork();
  import("./net/guard.ts")
    .then(({ installGuard, deniedAttempts }) => {
      installGuard();
      process.on("exit", () => deniedAttempts().forEach(tellDenial));
      return import("./cli/program.ts");
    })
    .then(({ runCli }) => runCli(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    }, reportBug);
}

/**
 * Help, and the commands that need no network and write nothing. What comes after `--` is another program's, and
 * --egress-report may name a file to write.
 */
function onlyReads(args: string[]): boolean {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (own.some((arg) => arg.startsWith("--egress-report"))) return false;
  if (own.includes("--help") || own.includes("-h")) return true;
  return /^(telemetry (status|log|verify-payload)|runs (list|show)|daemon logs)$/.test(own.slice(0, 2).join(" "));
}

/** InferGuard's own code never goes round the gate: something else in this process does. */
function tellDenial({ what, target, count }: { what: string; target: string; count: number }): void {
  process.stderr.write(
    `inferguard: the guard denied what no flag names: ${what} ${target} (${count}); please report it\n`,
  );
}

/** Compares `major.minor`. */
function isOlder(running: string, needed: string): boolean {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split(".").map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** What was thrown up to here is nobody's mistake but ours. */
function reportBug(error: unknown): void {
  const what = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
  process.stderr.write(
    "inferguard: this is a bug in InferGuard. Please report what follows.\n" +
      `inferguard ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n${what}\n`,
  );
  process.exitCode = exitCode.bug;
}
