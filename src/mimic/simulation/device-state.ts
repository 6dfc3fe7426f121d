/** A device's power, heat, clock and recent use, from the steps that it ran. */
import type { EngineProfile, ThermalProfile } from "./profile.ts";
import type { StepCost } from "./step-time.ts";

export interface DeviceReading {
  celsius: number;
  /** Since the start. */
  joules: number;
  /** Share of the full clock. */
  clock: number;
  /** Time at a reduced clock since the start. */
  throttledMs: number;
  /** Means over the last second: power, and shares of it with kernels running, computing, moving memory. */
  watts: number;
  busyShare: number;
  computeShare: number;
  memoryShare: number;
}

export interface DeviceState {
  /** The clock that a step which starts now gets, as a share of the full one. */
  clockAt(nowMs: number): number;
  /** A step runs from here on. */
  run(startMs: number, cost: StepCost): void;
  read(nowMs: number): DeviceReading;
}

/** Well cooled: 40 degrees above its surroundings at full power, and no limit in sight. */
const wellCooled = (maxWatts: number): ThermalProfile => ({
  ...{ ambientCelsius: 30, celsiusPerWatt: 40 / maxWatts, timeConstantSeconds: 20 },
  ...{ limitCelsius: Infinity, recoverCelsius: Infinity, clock: 1 },
});

/** Moving memory draws about this much of what computing does at the same share of time. */
const memoryPower = 0.6;
const windowMs = 1000;

interface Span {
  startMs: number;
  endMs: number;
  watts: number;
  cost: StepCost;
}

export function createDeviceState({ device, thermal }: EngineProfile): DeviceState {
  const sink = thermal ?? wellCooled(device.maxWatts);
  const { idleWatts, maxWatts } = device;
  let recent: Span[] = [];
  let atMs = 0;
  let celsius = sink.ambientCelsius + idleWatts * sink.celsiusPerWatt;
  let joules = 0;
  let clock = 1;
  let throttledMs = 0;

  const pass = (untilMs: number, watts: number) => {
    const seconds = Math.max(0, untilMs - atMs) / 1000;
    const target = sink.ambientCelsius + watts * sink.celsiusPerWatt;
    celsius = target + (celsius - target) * Math.exp(-seconds / sink.timeConstantSeconds);
    joules += watts * seconds;
    if (clock < 1) throttledMs += seconds * 1000;
    atMs = Math.max(atMs, untilMs);
  };

  const advance = (nowMs: number) => {
    const span = recent.at(-1);
    if (span !== undefined && span.endMs > atMs) pass(Math.min(nowMs, span.endMs), span.watts);
    pass(nowMs, idleWatts);
  };

  return {
    clockAt(nowMs) {
      advance(nowMs);
      if (celsius >= sink.limitCelsius) clock = sink.clock;
      else if (celsius <= sink.recoverCelsius) clock = 1;
      return clock;
    },
    run(startMs, cost) {
      advance(startMs);
      const load = (cost.computeMs + memoryPower * cost.memoryMs) / cost.durationMs;
      const watts = idleWatts + (maxWatts - idleWatts) * Math.min(1, load) * clock;
      recent = recent.filter((span) => span.endMs > startMs - windowMs);
      recent.push({ startMs, endMs: startMs + cost.durationMs, watts, cost });
    },
    read(nowMs) {
      advance(nowMs);
      const use = { busy: 0, compute: 0, memory: 0, joules: 0 };
      for (const { startMs, endMs, watts, cost } of recent) {
        const inside = Math.max(0, Math.min(nowMs, endMs) - Math.max(nowMs - windowMs, startMs));
        const share = inside / cost.durationMs;
        use.compute += cost.computeMs * share;
        use.memory += cost.memoryMs * share;
        use.busy += (cost.computeMs + cost.memoryMs) * share;
        use.joules += ((watts - idleWatts) * inside) / 1000;
      }
      return {
        ...{ celsius, joules, clock, throttledMs },
        watts: idleWatts + (use.joules * 1000) / windowMs,
        busyShare: use.busy / windowMs,
        computeShare: use.compute / windowMs,
        memoryShare: use.memory / windowMs,
      };
    },
  };
}
