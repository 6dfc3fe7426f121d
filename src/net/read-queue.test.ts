import { describe, expect, it } from "vitest";
import { copyUntilWorked, endSlice, workLater } from "./read-queue.ts";

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
