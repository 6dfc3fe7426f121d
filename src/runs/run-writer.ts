/**
 * Writes a run while it happens. Once `createRun` has made the directory, nothing here can fail the run: a file that the
 * disk refuses stops, is named in `missing` and is warned of once; the others go on.
 */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { wallClock } from "../clock.ts";
import { systemErrorCode } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { artifact } from "./artifacts.ts";
import { rowSchemas } from "./row-schemas.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { makePrivateDirectory, replacePrivateFile, writeNewPrivateFile } from "./private-file.ts";
import { ownIdentity } from "./process-identity.ts";
import { createRowFiles, type RowFiles, type RowKey, type RowOf } from "./row-files.ts";
import { makeRunDirectory } from "./run-directory.ts";
import type { EgressRecord } from "./schemas/egress.ts";
import type { Plan } from "./schemas/plan.ts";
import { type Run, RUN_SCHEMA } from "./schemas/run.ts";

/** What the command knows of its run before the first byte; the writer adds the rest. */
export type RunStart = Pick<Run, "name" | "clock" | "versions" | "claim" | "claim_why" | "plan" | "saved_text">;

/** How a run ended. `missing`: what the command itself could not get, such as a scrape. */
export type RunEnd = Pick<Run, "status_reason" | "missing"> & {
  status: Exclude<Run["status"], "running">;
  /** Where only the run itself could show it. */
  claim?: Pick<Run, "claim" | "claim_why">;
};

/** `onWarning` takes one sentence for the person at the terminal; at most one a file. */
export type OnWarning = (text: string) => void;

/**
 * Makes the run's directory below `runsDir`, with a run.json that says `running`, the noise seed and empty row files.
 * @throws UserError (exit code 3) when the directory cannot be written.
 */
export function createRun(runsDir: string, start: RunStart, onWarning: OnWarning): Promise<RunWriter> {
  const startedAt = wallClock();
  const rows: readonly RowKey[] = [...rowsOf[start.plan.command], ...(start.saved_text ? (["text"] as const) : [])];
  return makeRunDirectory(runsDir, start.plan.command, startedAt, async (runId, directory) => {
    const run: Run = {
      schema: RUN_SCHEMA,
      run_id: runId,
      name: start.name,
      status: "running",
      status_reason: null,
      started_at: startedAt.toISOString(),
      ended_at: null,
      process: ownIdentity(),
      clock: start.clock,
      versions: start.versions,
      claim: start.claim,
      claim_why: start.claim_why,
      plan: start.plan,
      saved_text: start.saved_text,
      artifacts: Object.fromEntries(rows.map((key) => [artifact[key], rowSchemas[artifact[key]] ?? ""])),
      missing: [],
    };
    await replacePrivateFile(join(directory, artifact.run), prettyJson(run));
    await writeNewPrivateFile(join(directory, artifact.noiseSeed), randomBytes(32));
    // Random, because a file system that compresses would keep no space for zeros.
    await writeNewPrivateFile(join(directory, artifact.reserve), randomBytes(reservedBytes));
    return new RunWriter(directory, run, await createRowFiles(directory, rows, onWarning), onWarning);
  });
}

const rowsOf: Record<Plan["command"], readonly RowKey[]> = {
  bench: ["requests", "gaps", "client", "timeline"],
  trace: ["agentTrace"],
  daemon: [],
};

/** Room for run.json, egress.json and a summary of a long sweep. */
export const reservedBytes = 256 * 1024;

export class RunWriter {
  readonly directory: string;
  readonly runId: string;
  readonly #run: Run;
  readonly #files: RowFiles;
  readonly #onWarning: OnWarning;
  readonly #refused: Run["missing"] = [];
  #finished: Promise<Run> | undefined;

  constructor(directory: string, run: Run, files: RowFiles, onWarning: OnWarning) {
    this.directory = directory;
    this.runId = run.run_id;
    this.#run = run;
    this.#files = files;
    this.#onWarning = onWarning;
  }

  /** @throws TypeError when a run of this command has no such file, or text is not to be kept. */
  append<Key extends RowKey>(key: Key, row: RowOf[Key]): void {
    this.#files.append(key, row);
  }

  /** What the disk still owes, over all row files. A caller that sees megabytes here produces faster than the disk takes. */
  get backlogCharacters(): number {
    return this.#files.backlogCharacters;
  }

  /** The raw page of a metrics endpoint; `source` is its index in the plan. */
  async writeScrape(source: number, moment: "first" | "last", bytes: Uint8Array): Promise<void> {
    const directory = join(this.directory, artifact.scrapes);
    const name = `${artifact.scrapes}/${source}-${moment}.txt`;
    await this.#attempt(name, async () => {
      await makePrivateDirectory(directory).catch((error: unknown) => {
        if (systemErrorCode(error) !== "EEXIST") throw error;
      });
      await writeNewPrivateFile(join(this.directory, name), bytes);
    });
  }

  async writeEgress(record: EgressRecord): Promise<void> {
    await this.#replace(artifact.egress, prettyJson(record));
  }

  /** While the run goes on, and without the reserve. @returns why it could not be written, in words; null when it was */
  async updateEgress(record: EgressRecord): Promise<string | null> {
    try {
      await replacePrivateFile(join(this.directory, artifact.egress), prettyJson(record));
      return null;
    } catch (error) {
      return diskTrouble(error);
    }
  }

  async writeSummary(text: string): Promise<void> {
    await this.#replace(artifact.summary, text);
  }

  /**
   * Flushes every row, closes the files and replaces run.json. A second call, as on a second signal, waits for the first.
   * It never rejects; the run that it resolves with is the one that run.json should hold.
   */
  finish(end: RunEnd): Promise<Run> {
    this.#finished ??= this.#finish(end);
    return this.#finished;
  }

  async #finish({ status, status_reason, missing, claim }: RunEnd): Promise<Run> {
    await this.#files.close();
    const run: Run = {
      ...this.#run,
      ...claim,
      status,
      status_reason,
      ended_at: wallClock().toISOString(),
      missing: [...missing, ...this.#files.stopped(), ...this.#refused],
    };
    await this.#releaseReserve();
    await this.#replace(artifact.run, prettyJson(run));
    return run;
  }

  /** Replaces a whole file; on a full disk it gives back the reserve and tries once more. */
  async #replace(name: string, text: string): Promise<void> {
    const path = join(this.directory, name);
    await this.#attempt(name, () =>
      replacePrivateFile(path, text).catch(async (error: unknown) => {
        if (!["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "")) throw error;
        await this.#releaseReserve();
        await replacePrivateFile(path, text);
      }),
    );
  }

  async #attempt(name: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const why = diskTrouble(error);
      this.#refused.push({ what: name, why });
      this.#onWarning(`could not write ${join(this.directory, name)}: ${why}. The run goes on.`);
    }
  }

  async #releaseReserve(): Promise<void> {
    await rm(join(this.directory, artifact.reserve), { force: true }).catch(() => {});
  }
}
