import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import type { Progress } from "../load/progress.ts";
import { createTerminal, type TerminalOptions } from "./terminal.ts";

interface Sink extends Writable {
  text: string;
  isTTY?: boolean;
  columns?: number;
}

/** A stream that remembers, or that fails once `limit` characters were taken. */
function sink(properties: { isTTY?: boolean; columns?: number } = {}, failure?: { code: string; limit: number }): Sink {
  const stream: Sink = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string, _, done) {
        if (failure !== undefined && stream.text.length + chunk.length > failure.limit)
          return done(Object.assign(new Error(failure.code), { code: failure.code }));
        stream.text += chunk;
        done();
      },
    }),
    { text: "" },
    properties,
  );
  return stream;
}

function terminalOn(options: Partial<TerminalOptions> & { stdout?: Sink; stderr?: Sink } = {}) {
  const stdout = options.stdout ?? sink();
  const stderr = options.stderr ?? sink();
  const clock = { ms: 0 };
  const terminal = createTerminal({
    env: { TERM: "xterm", LANG: "C.UTF-8" },
    json: false,
    quiet: false,
    about: { version: "0.1.0", node: "24.0.0", platform: "linux x64" },
    now: () => clock.ms,
    ...options,
    stdout,
    stderr,
  });
  return { terminal, stdout, stderr, clock };
}

const progress: Progress = {
  level: 1,
  levels: 2,
  label: "concurrency 4",
  phase: "measured",
  done: 1,
  total: 10,
  in_flight: 4,
  errors: 0,
  elapsed_ms: 1000,
  duration_ms: null,
  requests_per_s: 1,
  ttft_p50_ms: 100,
  token_events_per_s: 64,
  output_tokens_per_s: 64,
};
const visible = (text: string) => text.replaceAll("\x1b", "␛");
const answer = { json: () => '{"a":1}\n', lines: () => ["a 1", "b 2"] };

describe("standard output", () => {
  it("carries the answer's lines", async () => {
    const { terminal, stdout } = terminalOn();
    terminal.answer(answer);
    expect(await terminal.close()).toBeNull();
    expect(stdout.text).toBe("a 1\nb 2\n");
  });

  it("carries one JSON document with --json, and everything else is on standard error", async () => {
    const { terminal, stdout, stderr } = terminalOn({ json: true });
    terminal.progress(progress);
    terminal.remark("a remark");
    terminal.warning("a warning");
    terminal.error(new UserError("an error"));
    terminal.answer(answer);
    await terminal.close();
    expect(stdout.text).toBe('{"a":1}\n');
    expect(stderr.text).toContain("a remark\ninferguard: warning: a warning\ninferguard: an error\n");
  });

  it("makes only the form that was asked for", () => {
    const never = () => {
      throw new Error("not asked for");
    };
    expect(() => terminalOn({ json: true }).terminal.answer({ json: () => "{}", lines: never })).not.toThrow();
    expect(() => terminalOn({ json: false }).terminal.answer({ json: never, lines: () => [] })).not.toThrow();
  });

  it("may go away: what comes after is dropped, and it is no failure", async () => {
    const { terminal, stdout, stderr } = terminalOn({ stdout: sink({}, { code: "EPIPE", limit: 5 }) });
    for (const text of ["one\n", "too much\n", "and more\n"]) terminal.write(text);
    expect(await terminal.close()).toBeNull();
    expect(stdout.text).toBe("one\n");
    expect(stderr.text).toBe("");
  });

  it("that cannot take the answer for another reason is a failure", async () => {
    const { terminal } = terminalOn({ stdout: sink({}, { code: "ENOSPC", limit: 5 }) });
    terminal.write("too much for this disk\n");
    const failure = await terminal.close();
    expect(failure?.message).toBe("cannot write to standard output: ENOSPC");
    expect(failure?.exitCode).toBe(exitCode.cannotRun);
  });
});

describe("standard error", () => {
  it("may go away without taking the answer along", async () => {
    const { terminal, stdout } = terminalOn({ stderr: sink({}, { code: "EPIPE", limit: 0 }) });
    terminal.remark("unheard");
    terminal.answer(answer);
    expect(await terminal.close()).toBeNull();
    expect(stdout.text).toBe("a 1\nb 2\n");
  });

  it("shows errors harmlessly and answers with their exit code", () => {
    const { terminal, stderr } = terminalOn();
    expect(terminal.error(new UserError("no \x1b[2J", { hint: "try that" }))).toBe(exitCode.usage);
    expect(terminal.error(new Error("oops"))).toBe(exitCode.bug);
    expect(stderr.text).toMatch(/^inferguard: no \\x1b\[2J\n {2}try that\ninferguard: this is a bug/);
  });
});

describe("progress in a log", () => {
  it("is a line at each new phase and every five seconds", () => {
    const { terminal, stderr, clock } = terminalOn();
    for (let second = 0; second <= 12; second += 0.1) {
      clock.ms = second * 1000;
      terminal.progress({ ...progress, phase: second < 1 ? "warmup" : "measured" });
    }
    terminal.progress({ ...progress, phase: "done" });
    const lines = stderr.text.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, 30))).toEqual([
      "1/2 concurrency 4, warming up:",
      "1/2 concurrency 4, measuring: ",
      "1/2 concurrency 4, measuring: ",
      "1/2 concurrency 4, measuring: ",
      "1/2 concurrency 4: 1 request, ",
    ]);
    expect(stderr.text).not.toContain("\x1b");
  });

  it("and everywhere is nothing with --quiet, while warnings and errors stay", () => {
    for (const stderr of [sink(), sink({ isTTY: true, columns: 80 })]) {
      const { terminal } = terminalOn({ quiet: true, stderr });
      terminal.progress(progress);
      terminal.remark("a remark");
      terminal.endProgress();
      expect(stderr.text).toBe("");
      terminal.warning("a warning");
      expect(stderr.text).toBe("inferguard: warning: a warning\n");
    }
  });
});

describe("progress on a terminal", () => {
  const live = () => terminalOn({ stderr: sink({ isTTY: true, columns: 80 }) });

  it("is redrawn at most five times a second", () => {
    const { terminal, stderr, clock } = live();
    for (clock.ms = 0; clock.ms < 1000; clock.ms += 10) terminal.progress(progress);
    expect(stderr.text.match(/1\/2 concurrency 4/g)).toHaveLength(5);
  });

  it("is gone before anything else is written", () => {
    for (const say of ["remark", "warning"] as const) {
      const { terminal, stderr } = live();
      terminal.progress(progress);
      terminal[say]("heard");
      expect(visible(stderr.text)).toMatch(/\n\r␛\[2A␛\[J(inferguard: warning: )?heard\n$/);
    }
    const { terminal, stderr } = live();
    terminal.progress(progress);
    terminal.answer(answer);
    expect(visible(stderr.text)).toMatch(/\n\r␛\[2A␛\[J$/);
  });

  it("leaves a line for each finished level of a sweep, once, and none for a single level", () => {
    const { terminal, stderr } = live();
    terminal.progress(progress);
    for (const _ of [1, 2]) terminal.progress({ ...progress, phase: "done", done: 10 });
    expect(stderr.text.split("\x1b[J")[1]).toBe(
      "1/2 concurrency 4: 10 requests, 0 errors, 1.00 requests/s, 64.0 tok/s, TTFT p50 100 ms\n",
    );
    const single = live();
    single.terminal.progress({ ...progress, levels: 1, phase: "done" });
    expect(single.stderr.text).toBe("");
  });

  it("stands apart from an answer on the same screen, where something was said before it", () => {
    const screen = { isTTY: true, columns: 80 };
    const { terminal, stderr } = terminalOn({ stderr: sink(screen), stdout: sink(screen) });
    terminal.answer(answer);
    expect(stderr.text).toBe("");
    terminal.remark("heard");
    terminal.answer(answer);
    expect(stderr.text).toBe("heard\n\n");
  });

  it("follows the terminal's width", () => {
    const { terminal, stderr, clock } = live();
    terminal.progress(progress);
    stderr.columns = 30;
    stderr.text = "";
    clock.ms = 300;
    terminal.progress(progress);
    const lines = stderr.text.split("\x1b[J")[1]?.trimEnd().split("\n") ?? [];
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.length).toBeLessThan(30);
  });
});
