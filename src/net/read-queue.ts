/**
 * Reads are stamped as they are handed over and worked on afterwards. A turn of the event loop hands over every socket
 * that was ready, one after the other: if each were parsed at once, the last of 500 would be stamped by the time of 499
 * parsings. Work is done in slices, and sockets are looked at between two of them.
 */
import { monotonicMs } from "../clock.ts";
import type { Interruptible } from "../interruptible.ts";
import { noteBusy } from "./read-clock.ts";

/** A read that becomes ready during a slice is stamped late by at most this, and the work on one read. */
const SLICE_MS = 0.5;
/** Beyond this memory comes first: what waits is worked off before anything else is read. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

interface Waiting {
  work: () => void;
  bytes: number;
}

/** Set aside for copies of reads: the reads of four thousand streams. */
const COPIES_BYTES = 1024 * 1024;
let copies = new Uint8Array(COPIES_BYTES);
let copiedBytes = 0;

/** Done beside the queue, one after the other. */
const long: { work: Interruptible<void>; resolve: () => void; reject: (error: unknown) => void }[] = [];
let queue: Waiting[] = [];
let next = 0;
let waitingBytes = 0;
let scheduled = false;
let isSliceOver = false;

/**
 * A copy of `bytes` that stays as it is until all work that was given so far is done, and no longer. Copies lie beside one
 * another: an array for each read would be tens of thousands of buffers a second for the garbage collector to give back,
 * and meanwhile nothing is read.
 */
export function copyUntilWorked(bytes: Uint8Array): Uint8Array {
  if (copiedBytes + bytes.length > copies.length) {
    copies = new Uint8Array(Math.max(COPIES_BYTES, bytes.length));
    copiedBytes = 0;
  }
  const from = copiedBytes;
  copiedBytes += bytes.length;
  copies.set(bytes, from);
  return copies.subarray(from, copiedBytes);
}

/** Runs `work`, which keeps so many bytes waiting, soon and after all that was given before. */
export function workLater(work: () => void, bytes: number): void {
  queue.push({ work, bytes });
  waitingBytes += bytes;
  if (waitingBytes > MOST_WAITING_BYTES) workUntil(Infinity);
  schedule();
}

/**
 * Does long work in slices of its own, so that neither the sockets nor what is given to `workLater` waits for it. Resolves
 * when it is done, and rejects with what it throws.
 */
export function workInSlices(work: Interruptible<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    long.push({ work, resolve, reject });
    schedule();
  });
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(workSlice);
}

/**
 * For work that ended something somebody waits for: the slice is over with it. What the others do then, such as sending the
 * next request, runs before anything else; if a slice ended fifty exchanges, the sockets would wait for fifty of those.
 */
export function endSlice(): void {
  isSliceOver = true;
}

/** What the work that was given keeps waiting. */
export function bytesWaiting(): number {
  return waitingBytes;
}

function workSlice(): void {
  workUntil(monotonicMs() + SLICE_MS);
  if (next >= queue.length) {
    queue = [];
    next = 0;
    copiedBytes = 0;
  }
  workLongUntil(monotonicMs() + SLICE_MS);
  scheduled = next < queue.length || long.length > 0;
  if (scheduled) setImmediate(workSlice);
}

function workLongUntil(untilMs: number): void {
  const [first] = long;
  if (first === undefined) return;
  const { work, resolve, reject } = first;
  const startMs = monotonicMs();
  try {
    let isDone = false;
    while (!isDone && monotonicMs() < untilMs) isDone = work.next().done === true;
    if (isDone) {
      long.shift();
      resolve();
    }
  } catch (error) {
    long.shift();
    reject(error);
  }
  noteBusy(monotonicMs() - startMs);
}

function workUntil(untilMs: number): void {
  const startMs = monotonicMs();
  while (next < queue.length) {
    const { work, bytes } = queue[next++] as Waiting;
    waitingBytes -= bytes;
    work();
    // Reading the clock costs a tenth of the work on a small read.
    if ((isSliceOver && untilMs < Infinity) || ((next & 7) === 0 && monotonicMs() > untilMs)) break;
  }
  isSliceOver = false;
  noteBusy(monotonicMs() - startMs);
}
