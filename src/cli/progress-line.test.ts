import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Progress } from "../load/progress.ts";
import { textWidth } from "../report/text-width.ts";
import { doneLine, liveLines, logLine } from "./progress-line.ts";

const measured: Progress = {
  level: 2,
  levels: 5,
  label: "concurrency 16",
  phase: "measured",
  done: 123,
  total: 400,
  in_flight: 16,
  errors: 0,
  elapsed_ms: 12_300,
  duration_ms: null,
  requests_per_s: 10.04,
  ttft_p50_ms: 121.6,
  token_events_per_s: 429,
  output_tokens_per_s: 1287,
};
const style = { width: 80, colour: false, unicode: true };

describe("the live lines", () => {
  it("say where the level is, how it goes and how long it will take", () => {
    expect(liveLines(measured, style)).toEqual([
      "2/5 concurrency 16  measuring  123/400 done  0:12, 0:28 left  █████░░░░░░░░░░░░",
      "0 errors  16 in flight  10.0 requests/s  1,290 tok/s  TTFT p50 122 ms",
    ]);
  });

  it("are ASCII where nothing else can be shown", () => {
    for (const line of liveLines(measured, { ...style, unicode: false })) expect(line).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each([1, 5, 20, 40, 60, 80, 200])(
    "never reach the edge of %d columns, where a terminal would wrap them",
    (width) => {
      for (const label of ["concurrency 16", "模型".repeat(100)]) {
        for (const line of liveLines({ ...measured, label }, { ...style, width })) {
          expect(textWidth(line)).toBeLessThanOrEqual(Math.max(2, width - 1));
        }
      }
    },
  );

  it("turn red at the errors once there are some, and only there", () => {
    const [, figures = ""] = liveLines({ ...measured, errors: 3 }, { ...style, colour: true });
    expect(figures).toContain("\x1b[31m3 errors\x1b[0m  16 in flight");
    expect(stripVTControlCharacters(figures)).toBe(liveLines({ ...measured, errors: 3 }, style)[1]);
    expect(liveLines(measured, { ...style, colour: true }).join("")).not.toContain("\x1b");
  });

  it("tell nothing that is not known yet", () => {
    const rates = { requests_per_s: null, ttft_p50_ms: null, token_events_per_s: null, output_tokens_per_s: null };
    const start = { ...measured, done: 0, ...rates };
    expect(liveLines(start, style)).toEqual([
      "2/5 concurrency 16  measuring  0/400 done  0:12  ░░░░░░░░░░░░░░░░░░░░",
      "0 errors  16 in flight",
    ]);
  });

  it("call events events as long as nobody has counted the tokens in them", () => {
    const [, figures] = liveLines({ ...measured, output_tokens_per_s: null }, style);
    expect(figures).toBe("0 errors  16 in flight  10.0 requests/s  429 events/s  TTFT p50 122 ms");
  });

  it("have no bar where no end is known", () => {
    expect(liveLines({ ...measured, total: null }, style)[0]).toBe("2/5 concurrency 16  measuring  123 done  0:12");
  });

  it("spell out what a label would do to the terminal", () => {
    expect(liveLines({ ...measured, label: "\x1b[2J" }, style)[0]).toContain("2/5 \\x1b[2J  measuring");
  });
});

describe("the time left", () => {
  const left = (progress: Partial<Progress>) => /, ([\d:]+) left/.exec(logLine({ ...measured, ...progress }))?.[1];

  it("is that of a timed phase", () => expect(left({ total: null, duration_ms: 60_000 })).toBe("0:48"));
  it("is that of the end which comes first", () => {
    expect(left({ duration_ms: 13_300 })).toBe("0:01");
    expect(left({ duration_ms: 600_000 })).toBe("0:28");
  });
  it("is never negative", () => expect(left({ total: null, duration_ms: 1000 })).toBe("0:00"));
  it("is not guessed while connecting, nor before anything is done", () => {
    expect(left({ phase: "connecting", duration_ms: 1000 })).toBeUndefined();
    expect(left({ done: 0 })).toBeUndefined();
  });
});

describe("a line in a log", () => {
  it("stands for itself", () => {
    expect(logLine(measured)).toBe(
      "2/5 concurrency 16, measuring: 123/400 done, 16 in flight, 0 errors, 10.0 requests/s, 1,290 tok/s, TTFT p50 122 ms, 0:12, 0:28 left",
    );
  });

  it("of a single level does not count levels", () => {
    expect(logLine({ ...measured, level: 1, levels: 1 })).toMatch(/^concurrency 16, measuring: /);
  });

  it("sums a level up when it is over", () => {
    expect(doneLine({ ...measured, phase: "done", done: 400 })).toBe(
      "2/5 concurrency 16: 400 requests, 0 errors, 10.0 requests/s, 1,290 tok/s, TTFT p50 122 ms",
    );
  });
});
