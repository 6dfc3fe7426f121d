/**
 * For tests: the life of a simulated engine on a clock that is moved by hand, watched by the real watcher, in one process
 * and without a socket.
 */
import type { Exchange, HttpClient } from "../net/http-client.ts";
import { createCompressedEngine, type LifeTruth } from "./compressed-engine.fixture.ts";
import { type LifePlan, openCompressedWatch, type WatchedPages } from "./compressed-watch.fixture.ts";
import { targetAt, type WatchedPlace } from "./watcher.fixture.ts";
import type { Watcher } from "./watcher.ts";

export interface Life {
  truth: LifeTruth;
  watcher: Watcher;
  warnings: string[];
}

export async function liveThrough(place: WatchedPlace, plan: LifePlan): Promise<Life> {
  const engine = createCompressedEngine(plan);
  const pages: WatchedPages = {
    targets: [targetAt(9), targetAt(9, "/dcgm/metrics", "gpu")],
    clientOf: (nowMs) => clientOf(nowMs, engine.page),
  };
  const warnings: string[] = [];
  let watch = await openCompressedWatch(place, plan, pages, 0);
  for (const second of plan.kills) {
    await watch.liveUntil(second);
    const killed = watch;
    watch = await openCompressedWatch(place, plan, pages, second);
    // The system would have closed its files; what it may still write comes too late to be gone on from.
    await killed.watcher.stop();
    warnings.push(...killed.warnings);
  }
  await watch.liveUntil(plan.seconds);
  return { truth: engine.truth, watcher: watch.watcher, warnings: [...warnings, ...watch.warnings] };
}

/** Answers at once. Null: nobody listens there. */
function clientOf(nowMs: () => number, answer: (path: string, second: number) => string | null): HttpClient {
  return {
    exchange({ path }, _limits, observer = {}) {
      const endMs = nowMs();
      const text = answer(path, Math.round(endMs / 1000));
      const moments = { connectStartMs: null, connectedMs: null, sentMs: endMs, firstByteMs: endMs, endMs };
      const refused: Exchange = { ...moments, head: null, failure: { kind: "refused", message: "" } };
      if (text === null) return Promise.resolve(refused);
      const head = { status: 200, headers: new Map([["content-type", "text/plain; version=0.0.4"]]) };
      observer.onHead?.(head, endMs);
      const body = Buffer.from(text);
      observer.onBody?.(body, 0, body.length, endMs);
      return Promise.resolve({ ...moments, head, failure: null });
    },
    close() {},
  };
}
