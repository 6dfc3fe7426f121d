/** The files of a run, with their sizes and the number of their rows. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";

export interface ListedArtifact {
  /** Below the run's directory, with `/`. */
  name: string;
  bytes: number;
  /** Null for a file that has no rows. */
  rows: number | null;
}

export async function listArtifacts(directory: string): Promise<ListedArtifact[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({
      name: relative(directory, path).replaceAll("\\", "/"),
      bytes: (await stat(path)).size,
      rows: path.endsWith(".jsonl") ? await countLines(path) : null,
    })),
  );
}

async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>)
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++;
  return lines;
}
