import { describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import { errorLines, exitCodeOf } from "./error-text.ts";

const about = { version: "0.1.0", node: "24.0.0", platform: "linux x64" };

describe("a user's mistake", () => {
  const error = new UserError("--requests: 'ten' is not a number", { hint: "use --requests 10" });

  it("says what happened and what to try, without a stack", () => {
    expect(errorLines(error, about)).toEqual(["inferguard: --requests: 'ten' is not a number", "  use --requests 10"]);
  });

  it("has its own exit code", () => {
    expect(exitCodeOf(error)).toBe(exitCode.usage);
    expect(exitCodeOf(new UserError("no", { exitCode: exitCode.cannotRun }))).toBe(exitCode.cannotRun);
  });

  it("cannot do anything to the terminal", () => {
    const lines = errorLines(new UserError("no host \x1b[2J", { hint: "try\r\nother" }), about);
    expect(lines).toEqual(["inferguard: no host \\x1b[2J", "  try\\x0d\\x0aother"]);
  });
});

describe("a bug", () => {
  it("is named as one, with all that its report needs", () => {
    const lines = errorLines(new TypeError("x is undefined"), about);
    expect(lines[0]).toBe("inferguard: this is a bug in InferGuard: x is undefined");
    expect(lines).toContain("  inferguard 0.1.0, Node 24.0.0, linux x64");
    expect(lines.some((line) => /^ +at .*error-text\.test\.ts/.test(line))).toBe(true);
    expect(exitCodeOf(new TypeError("x"))).toBe(exitCode.bug);
  });

  it("may be any value that was thrown", () => {
    for (const thrown of ["text", null, undefined, 7, { a: 1 }]) {
      expect(errorLines(thrown, about)[0]).toMatch(/^inferguard: this is a bug/);
      expect(exitCodeOf(thrown)).toBe(70);
    }
  });
});
