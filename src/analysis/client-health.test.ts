import { describe, expect, it } from "vitest";
import type { ClientRow } from "../runs/schemas/client.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { clientHealthOf } from "./client-health.ts";
import { offeredFraction } from "./offered-load.ts";
import {
  clientRow,
  closedLoop,
  concurrency,
  constantRate,
  gapsRow,
  histogramOf,
  levelOf,
  notSent,
  openLoop,
  requestRow,
} from "./rows.fixture.ts";

/** Requests with a TTFT of 100 ms and gaps of 10 ms. */
function healthOf(client: ClientRow[], maxInFlight: number | null = null) {
  const gaps = [gapsRow({}, [10_000, 10_000])];
  return clientHealthOf([levelOf(concurrency(1), [requestRow()], { client, gaps })], maxInFlight);
}

/** Of 1000 turns of the event loop so many were slow. */
const delays = (slow: number, slowUs: number, otherUs = 0) =>
  histogramOf([...Array.from({ length: slow }, () => slowUs), ...Array.from({ length: 1000 - slow }, () => otherUs)]);

describe("the client's health", () => {
  it("is ok when its delays are small against TTFT and gaps, and gives the bound all the same", () => {
    const health = healthOf([clientRow({ loop_delay_us: delays(20, 200), read_to_stamp_us: delays(20, 100) })]);
    expect(health).toMatchObject({ verdict: "ok", reasons: [], cpu_max: 0.1, offered_fraction: null });
    expect(health.loop_delay_p99_ms).toBeCloseTo(0.2, 2);
    expect(health.read_to_stamp_p99_ms).toBeCloseTo(0.1, 2);
    expect(health.error_bound_ms).toBeCloseTo(0.3, 2);
  });

  it("is degraded when 1 event in 100 is off by more than a twentieth of a gap", () => {
    expect(healthOf([clientRow({ loop_delay_us: delays(20, 480) })]).verdict).toBe("ok");
    const health = healthOf([clientRow({ loop_delay_us: delays(20, 600) })]);
    expect(health.verdict).toBe("degraded");
    expect(health.reasons).toEqual([
      "concurrency 1: 1 event in 100 may have been delayed by 0.6 ms or more in the client, against a mean event gap of 10 ms",
    ]);
    // Fewer than 1 in 100.
    expect(healthOf([clientRow({ loop_delay_us: delays(9, 600) })]).verdict).toBe("ok");
  });

  it("is limited when 1 event in 100 is off by more than a whole gap, or half of all by more than a tenth", () => {
    expect(healthOf([clientRow({ loop_delay_us: delays(20, 12_000) })]).verdict).toBe("limited");
    expect(healthOf([clientRow({ loop_delay_us: delays(0, 0, 1200) })]).verdict).toBe("limited");
    expect(healthOf([clientRow({ loop_delay_us: delays(0, 0, 800) })]).verdict).toBe("degraded");
  });

  it("is limited when a worker uses a whole core most of the time, not when it does so at the start", () => {
    const seconds = (busy: number, all: number) =>
      Array.from({ length: all }, (_, second) =>
        clientRow({ start_ms: second * 1000, cpu: second < busy ? 0.97 : 0.2 }),
      );
    expect(healthOf(seconds(2, 3)).verdict).toBe("ok");
    expect(healthOf(seconds(3, 20)).verdict).toBe("ok");
    expect(healthOf(seconds(6, 10))).toMatchObject({ verdict: "limited", cpu_max: 0.97 });
  });

  it("is degraded when sends are late, beyond the rounding of a timer", () => {
    expect(healthOf([clientRow({ send_lateness_us: delays(0, 0, 1000) })]).verdict).toBe("ok");
    expect(healthOf([clientRow({ send_lateness_us: delays(0, 0, 7000) })]).verdict).toBe("degraded");
  });

  it("is unknown when it left no rows about itself, and when nothing was measured", () => {
    expect(healthOf([])).toMatchObject({ verdict: "unknown", error_bound_ms: null, cpu_max: null });
    expect(healthOf([clientRow({ phase: "warmup" })]).verdict).toBe("unknown");
    expect(clientHealthOf([], null).verdict).toBe("unknown");
  });

  it("is that of the worst level, and names it", () => {
    const rows = closedLoop({ users: 2, requests: 40 });
    const good = levelOf(concurrency(2), rows, { client: [clientRow()] });
    const bad = { ...good, label: "concurrency 64", client: [clientRow({ loop_delay_us: delays(500, 200_000) })] };
    const health = clientHealthOf([good, bad], null);
    expect(health.verdict).toBe("limited");
    expect(health.reasons).toHaveLength(1);
    expect(health.reasons[0]).toMatch(/^concurrency 64: /);
    expect(health.loop_delay_p99_ms).toBeCloseTo(200, 0);
  });
});

describe("the offered load", () => {
  const onTime = openLoop({ rate: 100, requests: 101, slots: 1000, serviceMs: 50 });
  const level = (rows: RequestRow[]) => levelOf(constantRate(100), rows, { client: [clientRow()] });

  it("was offered when each request was sent at its time", () => {
    expect(offeredFraction(level(onTime))).toBe(1);
    expect(offeredFraction(levelOf(concurrency(1), [requestRow()]))).toBeNull();
  });

  it("was not when sends fall behind more and more: that is the client's own limit", () => {
    const behind = onTime.map((row) => ({
      ...row,
      sent_ms: row.intended_ms * 1.25,
      end_ms: row.intended_ms * 1.25 + 50,
    }));
    expect(offeredFraction(level(behind))).toBeCloseTo(0.8, 10);
    expect(clientHealthOf([level(behind)], null)).toMatchObject({ verdict: "limited", offered_fraction: 0.8 });
  });

  it("was, when only connecting took long: that is the server's time", () => {
    const slow = onTime.map((row, id) => ({
      ...row,
      connect_start_ms: row.intended_ms,
      sent_ms: row.intended_ms + 5 * id,
    }));
    expect(offeredFraction(level(slow))).toBe(1);
  });

  it("was held back by the operator where --max-in-flight is set: that is not the client's limit", () => {
    const half = onTime.map((row, id) => (id % 2 === 1 ? notSent({ id, intended_ms: row.intended_ms }) : row));
    expect(clientHealthOf([level(half)], 8)).toMatchObject({ verdict: "ok" });
    expect(clientHealthOf([level(half)], null)).toMatchObject({ verdict: "limited" });
    expect(clientHealthOf([level(half)], null).offered_fraction).toBeCloseTo(51 / 101, 5);
  });

  it("does not count what was still to come when the run was broken off", () => {
    const broken = onTime.map((row, id) => (id > 50 ? notSent({ id, intended_ms: row.intended_ms }) : row));
    expect(offeredFraction(level(broken))).toBe(1);
  });
});
