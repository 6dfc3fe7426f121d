/**
 * Reads are stamped as they are handed over and worked on afterwards. A turn of the event loop hands over every socket
 * that was ready, one after the other: if each were parsed at once, the last of 500 would be stamped by the time of 499
 * parsings. Work is done in slices, and sockets are looked at between two of them.
 *
 * An engine writes the tokens of a step for all its streams together. While such a burst is being read nothing is worked
 * on: the kernel hands over a few sockets, more bytes come meanwhile, and whoever looks again at once is never far behind.
 *
 * Nothing is made for a read: its bytes are copied to beside those of the others, and its place in the queue is used again.
 * What tens of thousands of reads a second leave behind, the garbage collector takes away, and meanwhile nothing is read.
 */
import { monotonicMs } from "../clock.ts";
import type { Interruptible } from "../interruptible.ts";
import { noteBusy } from "./read-clock.ts";

/** What is to be done with a read: with `bytes` from `from` up to `to`, which are overwritten afterwards. */
export type WorkOnRead = (bytes: Buffer, from: number, to: number, atMs: number) => void;

/** A read that becomes ready during a slice is stamped late by at most this, and the work on one read. */
const SLICE_MS = 0.1;
/** So many reads in one turn are a burst: there may be more. */
const BURST_READS = 8;
/** Work waits no longer than this for the end of a burst. */
const MOST_WAIT_MS = 2;
/** Beyond this memory comes first: what waits is worked off before anything else is read. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Set aside for copies of reads: the reads of four thousand streams. */
const COPIES_BYTES = 1024 * 1024;
/** More are given back once nothing waits. */
const MOST_KEPT_PLACES = 16_384;

/** A place in the queue. One without a read is work that was put there by itself. */
interface Place {
  work: WorkOnRead;
  bytes: Buffer;
  from: number;
  to: number;
  atMs: number;
  /** What it keeps waiting. */
  waiting: number;
}

const NOTHING = Buffer.alloc(0);
const done = () => {};

let copies = Buffer.alloc(COPIES_BYTES);
let copiedBytes = 0;

/** A ring: `count` places from `next` on hold work, the others are to be used again. */
let places: Place[] = [];
/** Done beside the queue, one after the other. */
const long: { work: Interruptible<void>; resolve: () => void; reject: (error: unknown) => void }[] = [];
let next = 0;
let count = 0;
let waitingBytes = 0;
let scheduled = false;
let isSliceOver = false;
let readsOfTurn = 0;

/** Runs `work` on the first `length` of `bytes`, which were read at `atMs`, soon and after all that was given before. */
export function readLater(work: WorkOnRead, bytes: Uint8Array, length: number, atMs: number): void {
  if (copiedBytes + length > copies.length) {
    copies = Buffer.alloc(Math.max(COPIES_BYTES, length));
    copiedBytes = 0;
  }
  const from = copiedBytes;
  copiedBytes += length;
  copyInto(copies, from, bytes, length);
  readsOfTurn++;
  enqueue(work, copies, from, copiedBytes, atMs, length);
}

/** Runs `work`, which keeps so many bytes waiting, soon and after all that was given before. */
export function workLater(work: () => void, bytes: number): void {
  enqueue(work, NOTHING, 0, 0, NaN, bytes);
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

function enqueue(work: WorkOnRead, bytes: Buffer, from: number, to: number, atMs: number, waiting: number): void {
  if (count === places.length) makePlaces();
  const place = places[(next + count++) % places.length] as Place;
  place.work = work;
  place.bytes = bytes;
  place.from = from;
  place.to = to;
  place.atMs = atMs;
  place.waiting = waiting;
  waitingBytes += waiting;
  if (waitingBytes > MOST_WAITING_BYTES) workUntil(Infinity);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(workSlice);
}

/** As many again. */
function makePlaces(): void {
  const made = Array.from({ length: Math.max(64, places.length) }, (): Place => {
    return { work: done, bytes: NOTHING, from: 0, to: 0, atMs: NaN, waiting: 0 };
  });
  places = [...places.slice(next), ...places.slice(0, next), ...made];
  next = 0;
}

function workSlice(): void {
  const nowMs = monotonicMs();
  const isBurst = readsOfTurn >= BURST_READS && nowMs - (places[next]?.atMs ?? NaN) < MOST_WAIT_MS;
  readsOfTurn = 0;
  if (!isBurst) workUntil(nowMs + SLICE_MS);
  if (count === 0) {
    copiedBytes = 0;
    if (places.length > MOST_KEPT_PLACES) places = [];
  }
  workLongUntil(monotonicMs() + SLICE_MS);
  scheduled = count > 0 || long.length > 0;
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
  for (let worked = 1; count > 0; worked++) {
    const place = places[next] as Place;
    next = (next + 1) % places.length;
    count--;
    const { work, bytes, from, to, atMs } = place;
    waitingBytes -= place.waiting;
    // A place that waits to be used again keeps nothing alive.
    place.work = done;
    place.bytes = NOTHING;
    work(bytes, from, to, atMs);
    // Reading the clock costs a tenth of the work on a small read.
    if ((isSliceOver && untilMs < Infinity) || ((worked & 7) === 0 && monotonicMs() > untilMs)) break;
  }
  isSliceOver = false;
  noteBusy(monotonicMs() - startMs);
}

/** A view, which `set` would take, is more garbage than the bytes of a small read. */
function copyInto(target: Buffer, at: number, bytes: Uint8Array, length: number): void {
  if (bytes instanceof Buffer) bytes.copy(target, at, 0, length);
  else target.set(bytes.subarray(0, length), at);
}
