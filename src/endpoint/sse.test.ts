import { describe, expect, it } from "vitest";
import { fuzzEvents } from "../../test/fuzz/fuzz-events.ts";
import { EventReader, EventStreamError, MAX_EVENT_BYTES } from "./sse.ts";

/** Reads the pieces out of one buffer that is overwritten each time, as a connection's is. */
function eventsOf(pieces: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const reader = new EventReader((data) => events.push(data));
  const buffer = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)));
  for (const piece of pieces) {
    buffer.set(piece);
    reader.feed(buffer.subarray(0, piece.length));
    buffer.fill(0x0a);
  }
  return events;
}

function eventsInEveryWay(text: string): string[] {
  const bytes = Buffer.from(text);
  const whole = eventsOf([bytes]);
  for (let cut = 1; cut < bytes.length; cut++)
    expect(eventsOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
  expect(eventsOf(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole);
  return whole;
}

describe("an event", () => {
  it.each([
    ["with one line", "data: a\n\n", ["a"]],
    ["without a blank", "data:a\n\n", ["a"]],
    ["with two blanks", "data:  a\n\n", [" a"]],
    ["with several lines", "data: a\ndata:\ndata: b\n\n", ["a\n\nb"]],
    ["with no data in it", "data\n\n", [""]],
    ["with other fields", "event: x\nid: 1\nretry: 5\nunknown: y\ndata: a\n\n", ["a"]],
    ["after comments", ": ping\n\n:\n\ndata: a\n\n", ["a"]],
    ["that ends in CR LF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", ["a\nb", "c"]],
    ["that ends in CR", "data: a\rdata: b\r\rdata: c\r\r", ["a\nb", "c"]],
    ["after a byte order mark", "\ufeffdata: a\n\n", ["a"]],
    ["with a byte order mark in it", "data: \ufeffa\n\n", ["\ufeffa"]],
    ["with characters of two, three and four bytes", "data: é日🎉👩‍👧\n\n", ["é日🎉👩‍👧"]],
    ["with characters that are line ends elsewhere", "data: a\u2028b\u0085c\n\n", ["a\u2028b\u0085c"]],
    ["without its empty line is none", "data: a\n\ndata: b\n", ["a"]],
    ["without data is none", "event: x\n\n", []],
  ])("%s", (_, text, events) => {
    expect(eventsInEveryWay(text)).toEqual(events);
  });
});

it("4,000 drawn streams give the events that the whole text gives, wherever their bytes are cut", () => {
  expect(fuzzEvents({ first: 0, cases: 4000, seed: 3, most: 3 }).disagreements).toEqual([]);
});

describe("an event without an end", () => {
  /** Feeds 100 MB; returns how many bytes were taken before it was refused. */
  function feedUntilRefused(start: string, piece: string): number {
    const bytes = Buffer.from(piece);
    const reader = new EventReader(() => {});
    reader.feed(Buffer.from(start));
    for (let taken = 0; taken < 100_000_000; taken += bytes.length)
      try {
        reader.feed(bytes);
      } catch (error) {
        if (error instanceof EventStreamError) return taken;
        throw error;
      }
    return Infinity;
  }

  it.each([
    ["in one line", "data: ", "x".repeat(65_536)],
    ["in many lines", "", `data: ${"x".repeat(65_000)}\n`],
    ["in many short lines", "", "data: x\n".repeat(8192)],
    ["in many empty lines", "", "data:\n".repeat(10_000)],
    ["in its type", "event: ", "x".repeat(65_536)],
    ["in a comment", ": ", "x".repeat(65_536)],
  ])("%s is an error, not an empty memory", (_, start, piece) => {
    expect(feedUntilRefused(start, piece)).toBeLessThanOrEqual(MAX_EVENT_BYTES + piece.length);
  });

  it("is no matter of how long the stream is", () => {
    let events = 0;
    const reader = new EventReader(() => events++);
    const bytes = Buffer.from(`: ping\n\ndata: ${"x".repeat(65_000)}\n\n`);
    for (let times = 0; times < 1000; times++) reader.feed(bytes);
    expect(events).toBe(1000);
  });

  it("stays an error", () => {
    const reader = new EventReader(() => {});
    const tooMuch = Buffer.from(`data: ${"x".repeat(MAX_EVENT_BYTES)}`);
    expect(() => reader.feed(tooMuch)).toThrow(EventStreamError);
    expect(() => reader.feed(Buffer.from("\n\n"))).toThrow(EventStreamError);
  });
});
