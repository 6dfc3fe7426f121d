import { describe, expect, it } from "vitest";
import * as format from "./format.ts";

const table = <Value>(show: (value: Value) => string, rows: [Value, string][]) =>
  it.each(rows)("%j is %j", (value, text) => expect(show(value)).toBe(text));

describe("a duration with its unit", () => {
  table(format.duration, [
    [0, "0 ms"],
    [0.0004, "<0.001 ms"],
    [0.2144, "0.214 ms"],
    [9.996, "10.0 ms"],
    [312.49, "312 ms"],
    [1234, "1,230 ms"],
    [9994, "9,990 ms"],
    [9996, "10.0 s"],
    [12_345, "12.3 s"],
    [3_600_000, "3,600 s"],
    [-2.71, "-2.71 ms"],
  ]);
});

describe("durations of one row", () => {
  it("share seconds once the largest would need five digits of milliseconds", () => {
    expect(format.durationUnit([1540, 9990])).toBe("ms");
    expect(format.durationUnit([1540, 12_000, null])).toBe("s");
  });

  it("stay in milliseconds where the smallest would sink below a tenth of a second; the large one brings its unit", () => {
    expect(format.durationUnit([11, 12_000])).toBe("ms");
    expect(format.durationIn(12_000, "ms")).toBe("12.0 s");
  });

  it("are in milliseconds where there are none", () => expect(format.durationUnit([null])).toBe("ms"));
});

describe("a measured value", () => {
  table(format.decimal, [
    [0, "0"],
    [3.1, "3.10"],
    [15.84, "15.8"],
    [999.6, "1,000"],
    [123_456_789, "123,000,000"],
    [0.00123, "0.00123"],
    [-0.0001, ">-0.001"],
  ]);
});

describe("a percentage never rounds something away", () => {
  table(format.percent, [
    [0, "0 %"],
    [0.0004, "<0.1 %"],
    [0.005, "0.5 %"],
    [0.312, "31.2 %"],
    [0.9999, ">99.9 %"],
    [1, "100 %"],
  ]);
});

describe("bytes are decimal", () => {
  table(format.bytes, [
    [0, "0 B"],
    [999, "999 B"],
    [12_100, "12.1 KB"],
    [999_999, "1.00 MB"],
    [3_100_000_000, "3.10 GB"],
  ]);
});

describe("a stopwatch", () => {
  table(format.stopwatch, [
    [-5, "0:00"],
    [7400, "0:07"],
    [59_600, "1:00"],
    [750_000, "12:30"],
    [3_723_000, "1:02:03"],
  ]);
});

describe("a count", () => {
  table(format.count, [
    [662, "662"],
    [6636, "6,636"],
    [12_345_678, "12,345,678"],
  ]);

  it("agrees with its noun", () => {
    expect(format.counted(1, "look-up")).toBe("1 look-up");
    expect(format.counted(0, "look-up")).toBe("0 look-ups");
  });
});

describe("a moment", () => {
  it("is shortened to the second, and left alone when it is no ISO time", () => {
    expect(format.moment("2026-03-01T09:30:00.123Z")).toBe("2026-03-01 09:30:00 UTC");
    expect(format.moment("yesterday")).toBe("yesterday");
  });
});
