/** What has been added to a file of rows that another process writes: whole lines only, and never the same one twice. */
import { stat } from "node:fs/promises";
import { systemErrorCode } from "../errors.ts";
import { openPlainFile } from "./open-plain-file.ts";

export type Growth =
  /** `offset`: where the next call goes on. `more`: there is more than was read. */
  | { kind: "lines"; text: string; offset: number; more: boolean }
  /** The file is shorter than what has been read of it. */
  | { kind: "shrunk"; bytes: number }
  | { kind: "gone" };

/**
 * @param limitBytes no more than this is read at a time, and no line may be longer
 * @throws Error for a line that is longer, and whatever the file system says except that there is no such file
 */
export async function readGrowth(path: string, offset: number, limitBytes: number): Promise<Growth> {
  try {
    const { size } = await stat(path);
    if (size < offset) return { kind: "shrunk", bytes: size };
    if (size === offset) return { kind: "lines", text: "", offset, more: false };
    const file = await openPlainFile(path);
    try {
      const wanted = Math.min(size - offset, limitBytes);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, offset);
      // Up to the last newline: what follows is a line that its writer has not finished.
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (end === 0 && bytesRead === limitBytes) throw new Error(`a line is longer than ${limitBytes} bytes`);
      return { kind: "lines", text: buffer.toString("utf8", 0, end), offset: offset + end, more: size > offset + end };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") return { kind: "gone" };
    throw error;
  }
}

/** Where the last whole line of a file ends, of at most `limitBytes` after it. 0 when there is none, or no file. */
export async function endOfLines(path: string, limitBytes: number): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  const from = Math.max(0, size - limitBytes);
  const growth = await readGrowth(path, from, limitBytes);
  return growth.kind === "lines" ? growth.offset : 0;
}
