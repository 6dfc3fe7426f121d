import { describe, expect, it } from "vitest";
import { newRunId, parseRunId } from "./run-id.ts";

describe("a run id", () => {
  const at = new Date("2026-03-09T07:05:01.999Z");

  it("says when in UTC, what kind, and six characters", () => {
    expect(newRunId("bench", at)).toMatch(/^20260309-070501-bench-[0-9a-z]{6}$/);
  });

  it("parses into the parts it was made of", () => {
    expect(parseRunId(newRunId("bench", at))).toMatchObject({ time: "20260309-070501", kind: "bench" });
  });

  it("differs between runs of one second", () => {
    const ids = new Set(Array.from({ length: 200 }, () => newRunId("bench", at)));
    expect(ids.size).toBe(200);
  });

  it.each(["", "latest", "20260309-070501-bench", "20260309-070501-bench-ABCDEF", "../20260309-070501-bench-abcdef"])(
    "is not %j",
    (text) => expect(parseRunId(text)).toBeNull(),
  );
});
