/** Reads a prompts file from disk, whole, before anything is sent. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { exitCode, messageOf, systemErrorCode, UserError } from "../errors.ts";
import { parsePrompts } from "./prompts-file.ts";
import type { Prompt } from "./prompt.ts";

export interface PromptsFile {
  prompts: Prompt[];
  bytes: number;
  /** Of the file's bytes, hex. */
  sha256: string;
}

/** @throws UserError when it cannot be read, is not UTF-8, or has a line that is no prompt. */
export async function readPromptsFile(path: string): Promise<PromptsFile> {
  const content = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, words[systemErrorCode(error) ?? ""] ?? messageOf(error), error);
  });
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { prompts: parsePrompts(decode(path, content)), bytes: content.length, sha256 };
}

const words: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "this user may not read it",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};

function decode(path: string, content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    const tooLong = systemErrorCode(error) === "ERR_STRING_TOO_LONG";
    throw unreadable(path, tooLong ? "it is larger than 512 MiB" : "it is not UTF-8 text", error);
  }
}

function unreadable(path: string, why: string, cause: unknown): UserError {
  return new UserError(`cannot read the prompts file ${path}: ${why}`, { exitCode: exitCode.cannotRun, cause });
}
