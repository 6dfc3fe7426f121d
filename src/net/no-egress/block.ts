/**
 * Keeps the code of this process, and of the threads and Node processes that it starts, on this machine: for tests.
 * Others use it as `inferguard/testing`, where it is said what it cannot see.
 */
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchNames } from "./names.ts";
import { watchNativeCode } from "./native-code.ts";
import { type Attempt, createPolicy, type Grant, type Policy } from "./policy.ts";
import { watchProcesses } from "./processes.ts";
import { openReplacements } from "./replacements.ts";
import { watchSockets } from "./sockets.ts";

export interface BlockOptions {
  /** Run as they are: names, or paths. */
  allowPrograms: readonly string[];
  allowAddons: boolean;
}

export interface Block {
  /** What was denied since it was last asked, here and in what was started from here. */
  takeAttempts(): Attempt[];
  /** Opens destinations, until the function that it returns is called. */
  grant(grants: readonly Grant[]): () => void;
  undo(): void;
}

/** @param entry the file that exports `continueBlock` to other processes and threads. */
export function blockEgress(entry: string, options: BlockOptions): Block {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "inferguard-no-egress-"));
  const [preload, record, granted] = filesIn(folder);
  const settings = JSON.stringify({ folder, options });
  writeFileSync(preload, `require(${JSON.stringify(entry)}).continueBlock(${settings});\n`);
  writeFileSync(record, "");
  writeFileSync(granted, "[]");

  const policy = createPolicy({ socketFolders: temporaryFolders(), elsewhere: () => [], onDenied: () => {} });
  const undoWatch = watch(policy, options, preload);
  let read = 0;

  return {
    takeAttempts() {
      const written = readFileSync(record);
      const lines = written.subarray(read).toString().split("\n").slice(0, -1);
      read = written.length;
      return [...policy.attempts.splice(0), ...lines.map((line) => JSON.parse(line) as Attempt)];
    },
    grant(grants) {
      const tell = () => writeFileSync(granted, JSON.stringify([...policy.grants]));
      for (const grant of grants) policy.grants.add(grant);
      tell();
      return () => {
        for (const grant of grants) policy.grants.delete(grant);
        tell();
      };
    },
    undo() {
      undoWatch();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same in a process or a thread that was started from one: it writes down what it denies, for that one to read. */
export function continueBlock({ folder, options }: { folder: string; options: BlockOptions }): void {
  const [preload, record, granted] = filesIn(folder);
  const policy = createPolicy({
    socketFolders: temporaryFolders(),
    elsewhere: () => JSON.parse(readFileSync(granted, "utf8")) as Grant[],
    onDenied: (attempt) => appendFileSync(record, `${JSON.stringify(attempt)}\n`),
  });
  watch(policy, options, preload);
}

function filesIn(folder: string): [preload: string, record: string, granted: string] {
  return [join(folder, "watch.cjs"), join(folder, "attempts.jsonl"), join(folder, "granted.json")];
}

function temporaryFolders(): string[] {
  return [tmpdir(), realpathSync(tmpdir())];
}

function watch(policy: Policy, { allowPrograms, allowAddons }: BlockOptions, preload: string): () => void {
  const replacements = openReplacements();
  watchSockets(replacements, policy);
  watchNames(replacements, policy);
  watchProcesses(replacements, policy, { allowPrograms, preload });
  const nativeCode = watchNativeCode(replacements, policy, allowAddons);
  // Names that modules have imported follow.
  module.syncBuiltinESMExports();
  return () => {
    nativeCode.undo();
    replacements.undo();
    module.syncBuiltinESMExports();
  };
}
