/**
 * A program for tests: `append-rows.fixture.ts RUNS_DIR COUNT [hang]` starts a run, appends COUNT requests with a pause
 * after every tenth, says on stdout how many it has appended, and finishes; with `hang` it waits to be killed instead.
 */
import { setTimeout as wait } from "node:timers/promises";
import { messageOf, UserError } from "../errors.ts";
import { createRun } from "./run-writer.ts";
import { sampleEgress, sampleRequest, sampleStart } from "./sample-run.fixture.ts";

const [runsDir = "", count = "0", hang] = process.argv.slice(2);

try {
  const run = await createRun(runsDir, sampleStart, (text) => process.stderr.write(`warning: ${text}\n`));
  process.stdout.write(`${run.directory}\n`);
  for (let id = 0; id < Number(count); id++) {
    run.append("requests", sampleRequest(id));
    if (id % 10 !== 9) continue;
    process.stdout.write(`appended ${id + 1}\n`);
    await wait(1);
  }
  if (hang === "hang") await wait(60_000);
  await run.writeEgress(sampleEgress);
  await run.writeSummary("{}\n");
  const { missing } = await run.finish({ status: "completed", status_reason: null, missing: [] });
  process.stdout.write(`finished, ${missing.length} missing\n`);
} catch (error) {
  process.stderr.write(`${error instanceof UserError ? "UserError" : "bug"}: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 70;
}
