/**
 * Opens a file of a run for reading, whoever gave us the run: a pipe or a device in its place is refused at once, where a
 * plain open would wait for a writer that never comes.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** @throws ENOENT and the like, and Error when it is not a regular file. */
export async function openPlainFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error("it is not a regular file");
}

/** @throws as `openPlainFile`, and Error when it is longer than `limitBytes`. */
export async function readPlainFile(path: string, limitBytes: number): Promise<string> {
  const file = await openPlainFile(path);
  try {
    const { size } = await file.stat();
    if (size > limitBytes) throw new Error(`it is ${size} bytes long, and at most ${limitBytes} are read`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}
