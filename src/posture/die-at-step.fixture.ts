/**
 * For `node --import`: kills the process at the step that DIE_AT_STEP names, where a step is a call that changes something
 * on disk. A write is done by half first. Without the variable, the number of steps is written into the file COUNT_STEPS.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const dieAt = Number(process.env["DIE_AT_STEP"] ?? Infinity);
const { writeSync } = fs;
let steps = 0;

const changing = [
  "writeSync",
  "fsyncSync",
  "fchmodSync",
  "ftruncateSync",
  "linkSync",
  "mkdirSync",
  "renameSync",
  "rmSync",
  "symlinkSync",
] as const;

for (const name of changing) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      steps++;
      if (steps === dieAt) {
        const [fd, bytes] = args;
        if (name === "writeSync" && bytes instanceof Uint8Array) writeSync(fd as number, bytes, 0, bytes.length >> 1);
        process.kill(process.pid, "SIGKILL");
      }
      return original(...args);
    },
  });
}
syncBuiltinESMExports();

process.on("exit", () => {
  const path = process.env["COUNT_STEPS"];
  if (path !== undefined) fs.writeFileSync(path, `${steps}`);
});
