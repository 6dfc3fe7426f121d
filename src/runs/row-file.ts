/**
 * A file of rows that grows while a run goes on. Appending costs the caller one JSON.stringify and never waits: rows
 * gather for at most 200 ms or 64 KiB and then go out in one write of whole lines, so a killed process loses no more than
 * that. When a write fails, this file stops, its torn line is cut off, and `failure` says how many rows it cost.
 */
import type { FileHandle } from "node:fs/promises";
import { wallClock } from "../clock.ts";
import { jsonLine } from "../json.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { openNewPrivateFile } from "./private-file.ts";

export interface RowFileFailure {
  at: Date;
  why: string;
  lostRows: number;
}

/** @throws EEXIST and the like when the file cannot be created. `onFailure` is called at most once. */
export async function createRowFile<Row>(
  path: string,
  onFailure: (failure: RowFileFailure) => void,
): Promise<RowFile<Row>> {
  return new RowFile<Row>(await openNewPrivateFile(path), onFailure);
}

const longestWaitMs = 200;
const batchCharacters = 64 * 1024;

export class RowFile<Row> {
  /** Why the file stopped; null while it is whole. */
  failure: RowFileFailure | null = null;
  readonly #file: FileHandle;
  readonly #onFailure: (failure: RowFileFailure) => void;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #charactersInWrite = 0;
  #bytesOnDisk = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(file: FileHandle, onFailure: (failure: RowFileFailure) => void) {
    this.#file = file;
    this.#onFailure = onFailure;
  }

  /** What the disk still owes. It grows without end when the disk is slower than the rows come. */
  get backlogCharacters(): number {
    return this.#waitingCharacters + this.#charactersInWrite;
  }

  append(row: Row): void {
    if (this.#closed) throw new TypeError("a row came after its file was closed");
    if (this.failure !== null) {
      this.failure.lostRows++;
      return;
    }
    const line = jsonLine(row);
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    this.#schedule();
  }

  /** Writes what waits, makes it durable and closes the file. It never rejects: `failure` says what went wrong. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#writing !== null || this.#waiting.length > 0) await this.#write();
    await this.#file.sync().catch((error: unknown) => this.#fail(error, 0));
    await this.#file.close().catch((error: unknown) => this.#fail(error, 0));
  }

  #schedule(): void {
    if (this.#writing !== null) return;
    if (this.#waitingCharacters >= batchCharacters) void this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), longestWaitMs);
  }

  /** One batch at a time; resolves when the one under way is over. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = null;
      this.#charactersInWrite = 0;
      if (this.#waiting.length > 0 && !this.#closed) this.#schedule();
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(""));
    const rows = this.#waiting.length;
    this.#charactersInWrite = this.#waitingCharacters;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    let written = 0;
    try {
      // A second turn only when the system took a part, as a nearly full disk does.
      while (written < bytes.length) written += (await this.#file.write(bytes, written)).bytesWritten;
      this.#bytesOnDisk += bytes.length;
    } catch (error) {
      const wholeLines = bytes.subarray(0, bytes.subarray(0, written).lastIndexOf(newline) + 1);
      this.#bytesOnDisk += wholeLines.length;
      // Where even this fails, readers leave the torn line out.
      await this.#file.truncate(this.#bytesOnDisk).catch(() => {});
      this.#fail(error, rows - wholeLines.filter((byte) => byte === newline).length);
    }
  }

  #fail(error: unknown, lostRows: number): void {
    if (this.failure !== null) return;
    this.failure = { at: wallClock(), why: diskTrouble(error), lostRows: lostRows + this.#waiting.length };
    this.#waiting = [];
    this.#waitingCharacters = 0;
    this.#onFailure(this.failure);
  }
}

const newline = 0x0a;
