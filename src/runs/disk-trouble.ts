/** What a file system error means, in words, with its code for whoever looks it up. */
import { messageOf, systemErrorCode } from "../errors.ts";

/** `the disk is full (ENOSPC)`; the system's own message for an error that has no words here. */
export function diskTrouble(error: unknown): string {
  const code = systemErrorCode(error);
  const meaning = code === undefined ? undefined : meanings[code];
  return meaning === undefined ? messageOf(error) : `${meaning} (${code})`;
}

const meanings: Record<string, string> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EEXIST: "something of that name is there already",
  EFBIG: "the file may not grow any further",
  EIO: "the disk reports an error",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  EMFILE: "this process has too many files open",
  ENOENT: "it does not exist",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "the system does not permit it",
  EROFS: "the file system is read-only",
};
