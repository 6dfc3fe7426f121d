/** Actions in order, each after a pause of its own. What has no pause and nothing before it happens at once. */

export interface PacedQueue {
  push(waitMs: number, act: () => void): void;
  /** Forgets what has not happened. */
  clear(): void;
}

export function createPacedQueue(): PacedQueue {
  const queue: { waitMs: number; act: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const run = () => {
    while (timer === undefined) {
      const head = queue[0];
      if (head === undefined) return;
      if (head.waitMs > 0) {
        timer = setTimeout(() => {
          timer = undefined;
          head.waitMs = 0;
          run();
        }, head.waitMs);
        return;
      }
      queue.shift();
      head.act();
    }
  };
  return {
    push(waitMs, act) {
      queue.push({ waitMs, act });
      run();
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      queue.length = 0;
    },
  };
}
