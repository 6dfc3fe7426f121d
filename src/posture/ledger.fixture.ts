/** A program for tests: `ledger.fixture.ts HOME COUNT` adds COUNT releases, and says each number once it is there. */
import { appendLedger } from "./ledger.ts";
import { findPrivateFolder, type PrivateFolder } from "./private-folder.ts";

const [home = "", count = "0"] = process.argv.slice(2);
const folder = findPrivateFolder({ HOME: home }) as PrivateFolder;
for (let done = 0; done < Number(count); done++) {
  const { index } = await appendLedger(folder, {
    kind: "release",
    payload_kind: "bench-summary",
    payload_sha256: "a".repeat(64),
    run_digest: "b".repeat(64),
    row_epsilon_milli: 700,
    run_epsilon_milli: 0,
  });
  process.stdout.write(`${index}\n`);
}
