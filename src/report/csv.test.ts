import { describe, expect, it } from "vitest";
import { sampleRequest } from "../runs/sample-run.fixture.ts";
import { type RequestRow, requestRowSchema } from "../runs/schemas/request.ts";
import { requestsCsv } from "./csv.ts";

const failed: RequestRow = {
  ...sampleRequest(1),
  status: "error",
  error: { kind: "http_5xx", http_status: 503 },
  gap: { p50: 1.5, p95: 2, max: 3, count: 4 },
};

describe("request rows as CSV", () => {
  it("have a head and a line each, ended by CRLF", () => {
    const text = [...requestsCsv([sampleRequest(0), failed])].join("");
    expect(text.match(/\r\n/g)).toHaveLength(3);
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    const fields = text
      .split("\r\n")
      .slice(0, 3)
      .map((line) => line.split(",").length);
    expect(new Set(fields).size).toBe(1);
  });

  it("have every field of a row, nested ones by their path, and nothing where there is nothing", () => {
    const [head = "", first = "", second = ""] = [...requestsCsv([sampleRequest(0), failed])].map((line) =>
      line.trim(),
    );
    const names = head.split(",");
    const without = Object.keys(requestRowSchema.shape).filter(
      (key) => !names.some((name) => name === key || name.startsWith(`${key}_`)),
    );
    expect(without).toEqual([]);
    const read = (line: string): Record<string, string> =>
      Object.fromEntries(line.split(",").map((value, place) => [names[place] ?? "", value]));
    expect(read(first)).toMatchObject({ id: "0", connect_start_ms: "", error_kind: "", error_http_status: "" });
    expect(read(second)).toMatchObject({
      id: "1",
      error_kind: "http_5xx",
      error_http_status: "503",
      gap_p50_ms: "1.5",
      gap_count: "4",
    });
  });

  it("are a head alone when there are none", () => {
    expect([...requestsCsv([])]).toHaveLength(1);
  });
});
