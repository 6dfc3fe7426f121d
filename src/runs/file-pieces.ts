/** Reads a file of lines in pieces: a long run's file is larger than the longest string. */
import type { FileHandle } from "node:fs/promises";
import { openPlainFile } from "./open-plain-file.ts";

const pieceBytes = 4 * 1024 * 1024;

/**
 * The text of the file at `path` in pieces of whole lines; the last may lack its newline.
 * @throws ENOENT and the like, and Error when it is not a regular file or a line is too long.
 */
export async function* piecesOf(path: string): AsyncGenerator<string> {
  const file = await openPlainFile(path);
  try {
    let rest = Buffer.alloc(0);
    for await (const bytes of readAll(file)) {
      const joined = Buffer.concat([rest, bytes]);
      const end = joined.lastIndexOf(0x0a) + 1;
      if (end > 0) yield joined.toString("utf8", 0, end);
      rest = joined.subarray(end);
      if (rest.length > pieceBytes) throw new Error(`a line is longer than ${pieceBytes} bytes`);
    }
    if (rest.length > 0) yield rest.toString("utf8");
  } finally {
    await file.close();
  }
}

/** Each piece is overwritten by the next: one buffer, no larger than the file needs. */
async function* readAll(file: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(size, 64 * 1024)));
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
