/** A small file of a run, read at once: a pipe or a device in its place is refused, as by `openPlainFile`. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Its bytes, without the threads that wait for large ones. @throws as `readPlainFile` of open-plain-file.ts. */
export function readSmallFile(path: string, limitBytes: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error("it is not a regular file");
    if (stat.size > limitBytes) throw new Error(`it is ${stat.size} bytes long, and at most ${limitBytes} are read`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
