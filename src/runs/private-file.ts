/**
 * Files and directories for their owner only: 0600 and 0700 whatever the umask. A file that is there already is never
 * opened for writing and no symbolic link is followed: new ones are created exclusively, old ones are replaced whole.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, chmod } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces `path` so that a reader sees the old bytes or the new ones, and so that they survive a power cut. */
export async function replacePrivateFile(path: string, bytes: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await writeNewPrivateFile(temporary, bytes);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** @throws EEXIST when there is something at `path`. */
export async function writeNewPrivateFile(path: string, bytes: string | Uint8Array): Promise<void> {
  const file = await openNewPrivateFile(path);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    // Half a file would look like a whole one.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Opens for appending. @throws EEXIST when there is something at `path`. */
export async function openNewPrivateFile(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await file.chmod(0o600);
  return file;
}

/** @throws EEXIST when there is something at `path`. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await chmod(path, 0o700);
}

/** Makes a directory's entries durable. Systems that cannot open a directory do that by themselves. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, constants.O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {
    // The rename has happened; only its durability in a power cut is unknown.
  }
}
