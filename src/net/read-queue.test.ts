import { describe, expect, it } from "vitest";
import { monotonicMs } from "../clock.ts";
import { endSlice, readLater, workInSlices, workLater } from "./read-queue.ts";

const worked = () => new Promise<void>((resolve) => workLater(resolve, 0));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the bytes of a read", () => {
  const numbered = (read: number) => Buffer.alloc(10_000, read & 255);

  it("stay as they are until their work is done, however much comes after them", async () => {
    const seen: boolean[] = [];
    for (let read = 0; read < 300; read++)
      readLater(
        (bytes, from, to, atMs) => seen.push(atMs === read && bytes.subarray(from, to).equals(numbered(read))),
        numbered(read),
        10_000,
        read,
      );
    await worked();
    expect(seen).toHaveLength(300);
    expect(seen.every(Boolean)).toBe(true);
  });

  it("take no new memory once nothing waits", async () => {
    const places = new Set<unknown>();
    for (let read = 0; read < 300; read++) {
      readLater((bytes, from) => places.add(`${from}`).add(bytes.buffer), numbered(read), 10_000, read);
      await worked();
      await turn();
    }
    expect(places.size).toBe(2);
  });

  it("can be longer than what is set aside for all of them", async () => {
    let seen = 0;
    readLater((_, from, to) => (seen = to - from), new Uint8Array(3_000_000).fill(7), 3_000_000, 0);
    await worked();
    expect(seen).toBe(3_000_000);
  });

  it("are worked on in their order, also while more are given", async () => {
    const order: number[] = [];
    const give = (read: number) =>
      readLater(
        (_, __, ___, number) => {
          order.push(number);
          if (number < 500) for (const more of [1, 2]) give(number * 2 + more - 1 + 1000 * more);
        },
        numbered(read),
        1,
        read,
      );
    for (let read = 0; read < 200; read++) give(read);
    await worked();
    await worked();
    expect(order.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, read) => read));
    expect(order).toHaveLength(600);
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
