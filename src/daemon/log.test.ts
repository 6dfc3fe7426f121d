import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fullLogName, logName, openLog } from "./log.ts";

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("the log", () => {
  it("has a line with the moment in front, goes on where it was, and is its owner's alone", () => {
    const directory = temporary();
    const line = openLog(directory).write("first");
    openLog(directory).write("second");
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z first$/);
    expect(readFileSync(join(directory, logName), "utf8")).toMatch(/ first\n.* second\n$/);
    expect(statSync(join(directory, logName)).mode & 0o7777).toBe(0o600);
  });

  it("shows what a server said without its control characters, on one line, and not at any length", () => {
    const directory = temporary();
    openLog(directory).write(`\u001B[2Ja\nb${"x".repeat(5000)}`);
    const text = readFileSync(join(directory, logName), "utf8");
    expect(text).toContain(String.raw`\x1b[2Ja\x0ab`);
    expect(text.length).toBeLessThan(1100);
  });

  it("stays within twice its bound, and keeps the newest", () => {
    const directory = temporary();
    const { write } = openLog(directory, 1000);
    for (let number = 0; number < 500; number++) write(`line ${number}`);
    const sizes = [logName, fullLogName].map((name) => statSync(join(directory, name)).size);
    expect(Math.max(...sizes)).toBeLessThan(1100);
    const text = [fullLogName, logName].map((name) => readFileSync(join(directory, name), "utf8")).join("");
    const numbers = [...text.matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, index) => 500 - numbers.length + index));
  });

  it("does not follow a link in its place", () => {
    const directory = temporary();
    writeFileSync(join(directory, "other"), "");
    symlinkSync("other", join(directory, logName));
    expect(() => openLog(directory)).toThrow(/ELOOP/);
  });
});
