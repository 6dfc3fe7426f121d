/**
 * Puts the parser test data of prometheus/OpenMetrics into one file that the tests always have:
 *   node scripts/openmetrics-cases.ts FOLDER
 * FOLDER has one folder for each case, with `metrics` and `test.json`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node scripts/openmetrics-cases.ts FOLDER");
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const test = JSON.parse(readFileSync(join(folder, name, "test.json"), "utf8")) as { shouldParse: boolean };
    return { name, shouldParse: test.shouldParse, text: readFileSync(join(folder, name, "metrics"), "utf8") };
  })
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const target = join(import.meta.dirname, "../test/fixtures/openmetrics/cases.json");
writeFileSync(target, `[\n${cases.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
