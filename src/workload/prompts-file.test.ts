import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import { parsePrompts } from "./prompts-file.ts";
import { readInputFile } from "./input-file-reader.ts";

function refusalOf(text: string): UserError {
  try {
    parsePrompts(text);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a prompts file", () => {
  it("has prompts and conversations, one on each line", () => {
    const text = [
      '{"prompt": "one"}',
      "",
      '{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "two", "name": "x"}], "output_tokens": 7}',
      '{"prompt": "three", "output_tokens": null, "source": "somewhere"}',
    ].join("\n");
    expect(parsePrompts(text)).toEqual([
      { content: { kind: "text", text: "one" }, wantedInputTokens: null, wantedOutputTokens: null },
      {
        content: {
          kind: "messages",
          messages: [
            { role: "system", content: "be brief" },
            { role: "user", content: "two", name: "x" },
          ],
        },
        wantedInputTokens: null,
        wantedOutputTokens: 7,
      },
      { content: { kind: "text", text: "three" }, wantedInputTokens: null, wantedOutputTokens: null },
    ]);
  });

  it("may start with a byte order mark and end its lines as Windows does", () => {
    expect(parsePrompts('\uFEFF{"prompt": "a"}\r\n{"prompt": "b"}\r\n')).toHaveLength(2);
  });

  it.each([
    ["{prompt}", "not JSON"],
    ['{"prompt": "se', "cut short"],
    ['["secret"]', "not an object"],
    ["null", "not an object"],
    ["{}", "neither prompt nor messages"],
    ['{"prompt": ""}', "empty"],
    ['{"prompt": 5}', "not a text"],
    ['{"prompt": "secret", "messages": []}', "both"],
    ['{"messages": []}', "empty"],
    ['{"messages": "secret"}', "not a list"],
    ['{"messages": [{"content": "secret"}]}', "message 1 has no role"],
    ['{"messages": [{"role": "user", "content": "secret"}, {"role": "user"}]}', "message 2"],
    ['{"messages": [null]}', "message 1 has no role"],
    ['{"prompt": "secret", "output_tokens": 0}', "output_tokens"],
    ['{"prompt": "secret", "output_tokens": 1.5}', "output_tokens"],
    ['{"prompt": "secret", "output_tokens": "9"}', "output_tokens"],
  ])("is refused for the line %s, by its number and without quoting it", (line, why) => {
    const error = refusalOf(`{"prompt": "fine"}\n\n${line}`);
    expect(error.message).toContain("line 3 ");
    expect(error.message).toContain(why);
    expect(error.message).not.toContain("secret");
    expect(error.hint).toContain("messages");
    expect(error.exitCode).toBe(exitCode.cannotRun);
  });

  it.each(["", "\n \n"])("is refused when it is empty: %j", (text) => {
    expect(refusalOf(text).message).toContain("empty");
  });
});

describe("reading it from disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "prompts-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it("gives its prompts, its size and the hash of its bytes", async () => {
    const { bytes, sha256, ...read } = await readInputFile(file("good.jsonl", '{"prompt": "é"}\n'), "auto");
    expect(read).toMatchObject({ kind: "prompts", prompts: [{ content: { text: "é" } }] });
    expect(bytes).toBe(17);
    // printf '{"prompt": "é"}\n' | sha256sum
    expect(sha256).toBe("7cffb39efeb6f1a21cbf75ab19d5a680d1e588ec138fcacb69f5fb28fe4315d7");
  });

  it.each([
    ["is missing", () => join(folder, "none.jsonl"), "no such file"],
    ["is a directory", () => folder, "directory"],
    ["is not UTF-8", () => file("latin1.jsonl", Buffer.from('{"prompt": "\xe9"}\n', "latin1")), "UTF-8"],
  ])("says so when it %s, and ends in exit code 3", async (_, path, why) => {
    const error = await readInputFile(path(), "auto").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    const { message, exitCode: code } = error as UserError;
    expect(message).toContain(why);
    expect(message).toContain(path());
    expect(code).toBe(exitCode.cannotRun);
  });
});
