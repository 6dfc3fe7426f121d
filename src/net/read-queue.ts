/**
 * Reads are stamped as they are handed over and worked on afterwards. A turn of the event loop hands over every socket
 * that was ready, one after the other: if each were parsed at once, the last of 500 would be stamped by the time of 499
 * parsings. Work is done in slices, and sockets are looked at between two of them.
 */
import { monotonicMs } from "../clock.ts";
import { noteBusy } from "./read-clock.ts";

/** A read that becomes ready during a slice is stamped late by at most this, and the work on one read. */
const SLICE_MS = 0.5;
/** Beyond this memory comes first: what waits is worked off before anything else is read. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

interface Waiting {
  work: () => void;
  bytes: number;
}

let queue: Waiting[] = [];
let next = 0;
let waitingBytes = 0;
let scheduled = false;

/** Runs `work`, which keeps so many bytes waiting, soon and after all that was given before. */
export function workLater(work: () => void, bytes: number): void {
  queue.push({ work, bytes });
  waitingBytes += bytes;
  if (waitingBytes > MOST_WAITING_BYTES) workUntil(Infinity);
  if (scheduled) return;
  scheduled = true;
  setImmediate(workSlice);
}

/** What the work that was given keeps waiting. */
export function bytesWaiting(): number {
  return waitingBytes;
}

function workSlice(): void {
  workUntil(monotonicMs() + SLICE_MS);
  scheduled = next < queue.length;
  if (scheduled) setImmediate(workSlice);
  else {
    queue = [];
    next = 0;
  }
}

function workUntil(untilMs: number): void {
  const startMs = monotonicMs();
  while (next < queue.length) {
    const { work, bytes } = queue[next++] as Waiting;
    waitingBytes -= bytes;
    work();
    // Reading the clock costs a tenth of the work on a small read.
    if ((next & 7) === 0 && monotonicMs() > untilMs) break;
  }
  noteBusy(monotonicMs() - startMs);
}
