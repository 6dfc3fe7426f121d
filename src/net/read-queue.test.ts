import { describe, expect, it } from "vitest";
import { monotonicMs } from "../clock.ts";
import { copyUntilWorked, endSlice, workInSlices, workLater } from "./read-queue.ts";

const worked = () => new Promise<void>((resolve) => workLater(resolve, 0));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the copy of a read", () => {
  it("stays as it is until its work is done, however much comes after it", async () => {
    const seen: boolean[] = [];
    for (let read = 0; read < 300; read++) {
      const copy = copyUntilWorked(new Uint8Array(10_000).fill(read & 255));
      workLater(() => seen.push(copy.every((byte) => byte === (read & 255))), copy.length);
    }
    await worked();
    expect(seen).toHaveLength(300);
    expect(seen.every(Boolean)).toBe(true);
  });

  it("takes no new memory once nothing waits", async () => {
    const first = copyUntilWorked(new Uint8Array(100));
    await worked();
    await turn();
    expect(copyUntilWorked(new Uint8Array(100)).buffer).toBe(first.buffer);
  });

  it("can be longer than what is set aside for all of them", () => {
    const bytes = new Uint8Array(3_000_000).fill(7);
    expect(copyUntilWorked(bytes)).toEqual(bytes);
  });
});

describe("long work", () => {
  function* steps(order: string[], name: string, count: number) {
    for (let step = 0; step < count; step++) {
      order.push(`${name} ${step}`);
      const untilMs = monotonicMs() + 1;
      while (monotonicMs() < untilMs);
      yield;
    }
  }

  it("lets what is given after it come between its steps", async () => {
    const order: string[] = [];
    const done = workInSlices(steps(order, "long", 20));
    await turn();
    workLater(() => order.push("short"), 0);
    await done;
    expect(order.indexOf("short")).toBeLessThan(order.indexOf("long 5"));
    expect(order).toHaveLength(21);
  });

  it("is done in the order in which it was given, each to its end", async () => {
    const order: string[] = [];
    await Promise.all([workInSlices(steps(order, "a", 3)), workInSlices(steps(order, "b", 2))]);
    expect(order).toEqual(["a 0", "a 1", "a 2", "b 0", "b 1"]);
  });

  it("that fails tells who gave it, and the next goes on", async () => {
    const failing = workInSlices(
      (function* () {
        yield;
        throw new Error("a bug");
      })(),
    );
    const order: string[] = [];
    const next = workInSlices(steps(order, "next", 1));
    await expect(failing).rejects.toThrow("a bug");
    await next;
    expect(order).toEqual(["next 0"]);
  });
});

describe("work that ends what somebody waits for", () => {
  it("lets them go on before the next work", async () => {
    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      workLater(() => {
        order.push("the end");
        endSlice();
        resolve();
      }, 0);
    });
    workLater(() => order.push("the next work"), 0);
    await ended;
    order.push("who waited");
    await worked();
    expect(order).toEqual(["the end", "who waited", "the next work"]);
  });
});
