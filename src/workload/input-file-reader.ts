/** Reads the file of --input from disk, whole, before anything is sent: prompts, or a trace. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { exitCode, messageOf, systemErrorCode, UserError } from "../errors.ts";
import { parsePrompts } from "./prompts-file.ts";
import type { Prompt } from "./prompt.ts";
import { formatOf, parseTrace, type Trace, type TraceFormat } from "./trace-file.ts";

export type InputFile = { sha256: string; bytes: number } & (
  | { kind: "prompts"; prompts: Prompt[] }
  | { kind: "trace"; trace: Trace }
);

export type InputFormat = "auto" | "jsonl" | TraceFormat;

/** @throws UserError when it cannot be read, is not UTF-8, or has a line that cannot be used. `sha256` is of its bytes, hex. */
export async function readInputFile(path: string, format: InputFormat): Promise<InputFile> {
  const content = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, words[systemErrorCode(error) ?? ""] ?? messageOf(error), error);
  });
  const sha256 = createHash("sha256").update(content).digest("hex");
  const text = decode(path, content);
  const common = { sha256, bytes: content.length };
  const known = format === "auto" ? formatOf(text) : format;
  return known === "jsonl"
    ? { ...common, kind: "prompts", prompts: parsePrompts(text) }
    : { ...common, kind: "trace", trace: parseTrace(text, known) };
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
  return new UserError(`cannot read the input file ${path}: ${why}`, { exitCode: exitCode.cannotRun, cause });
}
