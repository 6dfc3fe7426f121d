import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { EGRESS_SCHEMA, type EgressRecord } from "../../runs/schemas/egress.ts";
import { keepEgress, sumOf } from "./keep-egress.ts";

function record(port: number, bytes: number, denials: EgressRecord["denials"] = []): EgressRecord {
  const authority = { category: "metrics-endpoint", flag: "--metrics-url", host: "127.0.0.1", port };
  const denied = denials.reduce((sum, { count }) => sum + count, 0);
  const counts = { addresses: 1, lookups: 0, connections: 2, bytes_out: bytes, bytes_in: 10 * bytes };
  return { schema: EGRESS_SCHEMA, authorities: [{ ...authority, ...counts }], denied, denials };
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-egress-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("the egress record of a daemon's run", () => {
  it("has what was reached before a restart and since, once for each flag and place", () => {
    const sum = sumOf(record(8000, 5, [{ reason: "a", count: 1 }]), record(8000, 7, [{ reason: "a", count: 2 }]));
    expect(sum).toMatchObject({
      authorities: [{ port: 8000, addresses: 1, connections: 4, bytes_out: 12, bytes_in: 120 }],
      denied: 3,
      denials: [{ reason: "a", count: 3 }],
    });
    expect(sumOf(record(8000, 5), record(8001, 7)).authorities.map(({ port }) => port)).toEqual([8000, 8001]);
  });

  it("is written again only when there is something new in it", async () => {
    const written: EgressRecord[] = [];
    let asked = 0;
    let bytes = 1;
    const updateEgress = (each: EgressRecord) => {
      written.push(each);
      return Promise.resolve(null);
    };
    const ofThisStart = () => {
      asked++;
      return record(8000, bytes);
    };
    const keeper = await keepEgress({ directory: temporary(), updateEgress }, ofThisStart, () => {}, 5);
    await expect.poll(() => asked).toBeGreaterThan(3);
    expect(written).toEqual([record(8000, 1)]);
    bytes = 2;
    await expect.poll(() => written.length).toBe(2);
    const before = asked;
    await expect.poll(() => asked).toBeGreaterThan(before + 3);
    await keeper.stop();
    expect(written).toEqual([record(8000, 1), record(8000, 2)]);
  });

  it("is written at the start and every so often, and says once that it cannot be and once that it can again", async () => {
    const directory = temporary();
    const said: string[] = [];
    const written: EgressRecord[] = [];
    let why: string | null = null;
    let bytes = 0;
    const updateEgress = (each: EgressRecord) => {
      written.push(each);
      return Promise.resolve(why);
    };
    writeFileSync(join(directory, "egress.json"), JSON.stringify(record(8000, 5)));
    const keeper = await keepEgress(
      { directory, updateEgress },
      () => record(8000, ++bytes),
      (text) => said.push(text),
      5,
    );
    expect(written[0]?.authorities).toMatchObject([{ bytes_out: 6 }]);
    why = "the disk is full (ENOSPC)";
    await expect.poll(() => keeper.trouble()).toBe(why);
    const atTrouble = written.length;
    await expect.poll(() => written.length).toBeGreaterThan(atTrouble + 2);
    why = null;
    await expect.poll(() => keeper.trouble()).toBe(null);
    await keeper.stop();
    expect(said).toEqual([
      `cannot write to ${directory}: the disk is full (ENOSPC). Watching goes on.`,
      `${directory} is written again`,
    ]);
  });

  it("begins anew where the earlier one cannot be read", async () => {
    const directory = temporary();
    writeFileSync(join(directory, "egress.json"), "{");
    const keeper = await keepEgress(
      { directory, updateEgress: () => Promise.resolve(null) },
      () => record(8000, 1),
      () => {},
    );
    await keeper.stop();
    expect(keeper.record()).toEqual(record(8000, 1));
  });
});
