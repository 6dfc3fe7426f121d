/**
 * Files and directories for their owner only, in a folder whose way has been looked at: 0600 and 0700 whatever the umask.
 * A file is created under another name, exclusively, and appears whole or not at all; no link is followed.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { entryOf, isAbsence, type PresentEntry } from "./entry.ts";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** Creates `name` in `directory`. @throws EEXIST when there is something of that name. */
export function createPrivateFile(directory: string, name: string, bytes: string | Uint8Array): void {
  writeBeside(directory, name, bytes, (from, to) => {
    linkSync(from, to);
    rmSync(from);
  });
}

/** Puts `name` into `directory`, in the place of what was there. */
export function replacePrivateFile(directory: string, name: string, bytes: string | Uint8Array): void {
  writeBeside(directory, name, bytes, renameSync);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes what is missing of the way to `path`, each level with the mode 0700. What is there stays as it is. */
export function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (isAbsence(error) && dirname(path) !== path) {
      makePrivateDirectory(dirname(path));
      makePrivateDirectory(path);
      return;
    }
    // A link to a directory is one here; the rules of the way say whether it may be.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) throw error;
    return;
  }
  // The umask may have taken even the owner's bits away, and then the directory cannot be opened. It was made just now, in a
  // directory whose way was checked: nobody else can have put something in its place.
  if (!isReadable(path)) chmodSync(path, 0o700);
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmodSync(fd, 0o700);
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path));
}

export interface PrivateRead {
  /** What the open file is: it cannot have been swapped since. */
  entry: PresentEntry;
  sizeBytes: number;
  /** Null when `mayRead` said no, or when the file is longer than the limit. */
  bytes: Buffer | null;
}

/**
 * Opens a file that is not a link, and does not wait for a writer where it is a pipe.
 * @param mayRead decides by what the open file is
 * @throws ENOENT, ELOOP, EACCES and the like
 */
export function readPrivateFile(
  path: string,
  limitBytes: number,
  mayRead: (entry: PresentEntry) => boolean,
): PrivateRead {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    const entry = entryOf(stats);
    const readable = stats.isFile() && stats.size <= limitBytes && mayRead(entry);
    return { entry, sizeBytes: stats.size, bytes: readable ? readAll(fd, limitBytes) : null };
  } finally {
    closeSync(fd);
  }
}

/** Makes a directory's entries durable. Systems that cannot open a directory do that by themselves. */
export function syncDirectory(path: string): void {
  try {
    const fd = openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The entry is there; only its durability in a power cut is unknown.
  }
}

/** Writes all of `bytes`: one write may take less than it was given. */
export function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

/**
 * The directory stays open meanwhile, and where there is a /proc its entries are reached through it, so that nobody can
 * put another directory in its place half-way.
 */
function writeBeside(
  directory: string,
  name: string,
  bytes: string | Uint8Array,
  put: (from: string, to: string) => void,
): void {
  const held = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const throughHeld = `/proc/self/fd/${held}`;
    const at = lstatSync(throughHeld, { throwIfNoEntry: false }) === undefined ? directory : throughHeld;
    const temporary = join(at, `.${name}.${process.pid}`);
    rmSync(temporary, { force: true });
    try {
      writeExclusively(temporary, typeof bytes === "string" ? Buffer.from(bytes) : bytes);
      put(temporary, join(at, name));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    fsyncSync(held);
  } finally {
    closeSync(held);
  }
}

function writeExclusively(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    fchmodSync(fd, 0o600);
    writeWhole(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Up to the limit and one byte more, so that a file that grows meanwhile is not taken for whole. */
function readAll(fd: number, limitBytes: number): Buffer | null {
  const chunks: Buffer[] = [];
  for (let total = 0; total <= limitBytes;) {
    const chunk = Buffer.alloc(64 * 1024);
    const read = readSync(fd, chunk, 0, chunk.length, null);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    total += read;
  }
  return null;
}
