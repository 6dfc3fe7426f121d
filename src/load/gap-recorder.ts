/** Gathers the gaps of ended requests by level, phase and second, and hands them over as rows. */
import { Histogram } from "../histogram.ts";
import type { StreamOutcome } from "../endpoint/stream-outcome.ts";
import type { GapsRow } from "../runs/schemas/gaps.ts";
import type { Wanted } from "./observation.ts";

export interface GapRecorder {
  add(wanted: Wanted, outcome: StreamOutcome): void;
  /** Everything since the last call. Rows of one second can come again; they add up. */
  take(): GapsRow[];
}

export function createGapRecorder(zeroMs: number): GapRecorder {
  let open = new Map<string, OpenRow>();

  function rowAt(wanted: Wanted, second: number): OpenRow {
    const key = `${wanted.level} ${wanted.phase} ${second}`;
    let row = open.get(key);
    if (row === undefined) {
      const { level, phase } = wanted;
      row = { level, phase, second, eventGap: new Histogram(), itl: new Histogram(), assumedOneToken: 0 };
      open.set(key, row);
    }
    return row;
  }

  return {
    add(wanted, { tokenEvents }) {
      for (let i = 1; i < tokenEvents.length; i++) {
        const atMs = tokenEvents.msAt(i);
        const gapUs = (atMs - tokenEvents.msAt(i - 1)) * 1000;
        const tokens = tokenEvents.tokensAt(i);
        const row = rowAt(wanted, Math.floor((atMs - zeroMs) / 1000));
        row.eventGap.record(gapUs);
        row.itl.record(gapUs / Math.max(1, tokens), Math.max(1, tokens));
        if (tokens === 0) row.assumedOneToken++;
      }
    },
    take() {
      const rows = [...open.values()].map(({ level, phase, second, eventGap, itl, assumedOneToken }) => ({
        level,
        phase,
        second,
        event_gap: eventGap.toData(),
        itl: itl.toData(),
        assumed_one_token: assumedOneToken,
      }));
      open = new Map();
      return rows;
    },
  };
}

interface OpenRow {
  level: number;
  phase: "warmup" | "measured";
  second: number;
  eventGap: Histogram;
  itl: Histogram;
  assumedOneToken: number;
}
