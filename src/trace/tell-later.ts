/**
 * Tells a watcher of exchanges without ever holding up the bytes: in a later turn of the event loop, in slices, and with
 * a bound on what may wait. Whatever goes wrong in a watcher stays here.
 */
import { messageOf } from "../errors.ts";
import { bytesWaiting, workLater } from "../net/read-queue.ts";
import type { ExchangeFollower, ExchangeWatcher, RequestHead, ToldFollower } from "./exchange.ts";

export interface Teller {
  /** Its methods return at once. After `end` it tells nothing more. */
  begin(this: void, head: RequestHead): ToldFollower;
  /** Resolves once all that was said up to now is told. */
  told(): Promise<void>;
  /** Exchanges whose watcher failed, by what it failed with; and bodies of which a part could not be shown. */
  failures(): { broken: ReadonlyMap<string, number>; incomplete: number };
}

/** Half of what the queue of reads works off at once: the proxy must never come to wait for it. */
export const MOST_UNTOLD_BYTES = 4 * 1024 * 1024;

export function tellLater(watcher: ExchangeWatcher): Teller {
  const broken = new Map<string, number>();
  let incomplete = 0;

  function begin(head: RequestHead): ToldFollower {
    let follower: ExchangeFollower | null = null;
    let over = false;
    let failed = false;
    const lost = { request: false, response: false };

    const fail = (error: unknown) => {
      follower = null;
      if (failed) return;
      failed = true;
      const why = messageOf(error);
      broken.set(why, (broken.get(why) ?? 0) + 1);
    };
    const attempt = (work: () => void | Promise<void>) => {
      try {
        work()?.catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    const tell = (say: (to: ExchangeFollower) => void | Promise<void>, bytes = 0) => {
      if (over) return;
      workLater(() => {
        if (follower !== null) attempt(() => say(follower as ExchangeFollower));
      }, bytes);
    };
    const tellBody = (of: "request" | "response", bytes: Uint8Array, atMs: number) => {
      if (!lost[of] && bytesWaiting() + bytes.length > MOST_UNTOLD_BYTES) {
        lost[of] = true;
        incomplete++;
      }
      const { length } = bytes;
      // The bytes themselves may be gone by the time that it is told.
      if (lost[of]) tell((to) => to.bodyLost(of, length, atMs));
      else if (of === "request") tell((to) => to.requestBody(bytes, atMs), bytes.length);
      else tell((to) => to.responseBody(bytes, atMs), bytes.length);
    };

    workLater(() => {
      attempt(() => {
        follower = watcher.begin(head);
      });
    }, 0);
    return {
      requestBody: (bytes, atMs) => tellBody("request", bytes, atMs),
      requestEnd: (atMs) => tell((to) => to.requestEnd(atMs)),
      sent: (atMs) => tell((to) => to.sent(atMs)),
      responseHead: (status, headers, atMs) => tell((to) => to.responseHead(status, headers, atMs)),
      responseBody: (bytes, atMs) => tellBody("response", bytes, atMs),
      bodyLost: (of, bytes, atMs) => tell((to) => to.bodyLost(of, bytes, atMs)),
      end(end, atMs) {
        tell((to) => to.end(end, atMs));
        over = true;
      },
    };
  }

  return {
    begin,
    told: () => new Promise((resolve) => workLater(resolve, 0)),
    failures: () => ({ broken, incomplete }),
  };
}
