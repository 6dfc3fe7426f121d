/** How long at least one model call has been under way, up to any moment since the last change. */

export interface BusyTime {
  begin(atMs: number): void;
  end(atMs: number): void;
  /** Milliseconds until then. Before the last change it counts back from there as if nothing had changed. */
  until(atMs: number): number;
}

export function createBusyTime(): BusyTime {
  let underWay = 0;
  let busyMs = 0;
  let lastMs = -Infinity;
  const advance = (atMs: number) => {
    // Moments of two exchanges can be told out of order, by as long as a turn of the event loop takes.
    const now = Math.max(lastMs, atMs);
    if (underWay > 0) busyMs += now - lastMs;
    lastMs = now;
  };
  return {
    begin(atMs) {
      advance(atMs);
      underWay++;
    },
    end(atMs) {
      advance(atMs);
      underWay--;
    },
    until: (atMs) => busyMs + (underWay > 0 ? atMs - lastMs : 0),
  };
}
