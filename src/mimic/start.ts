/** Starts the simulated engine behind an HTTP server on loopback. */
import { exitCode, UserError } from "../errors.ts";
import type { Authority } from "../net/authority.ts";
import { listenHttp } from "../net/listen.ts";
import { createDriver } from "./driver.ts";
import { createSglangExposition } from "./expositions/sglang.ts";
import { createVllmExposition } from "./expositions/vllm.ts";
import { behaviourFor } from "./faults.ts";
import { createLedger } from "./ledger.ts";
import { profiles } from "./profiles.ts";
import { createHandler } from "./server.ts";
import type { Mimic } from "./mimic.ts";
import type { EngineProfile } from "./simulation/profile.ts";
import { createSimulation } from "./simulation.ts";

const expositions = { vllm: createVllmExposition, sglang: createSglangExposition };

export type EngineName = keyof typeof expositions;

export interface MimicOptions {
  /** A name from src/mimic/profiles.ts, or an engine of one's own. */
  profile: string | EngineProfile;
  seed: number | string;
  /** Faults for every request that names none of its own, as in the header `x-mimic-fault`. */
  fault?: string;
  /** Requests to /v1 without this key as bearer token get 401. */
  requireKey?: string;
  /** The name to serve under, instead of the profile's. */
  model?: string;
  /** Whose names /metrics uses: vLLM's unless told otherwise. */
  engine?: EngineName;
  /** Stamp every event that has tokens with `mimic_written_ns`: monotonic nanoseconds just before its write. */
  recordWrites?: boolean;
}

export interface RunningMimic {
  readonly port: number;
  /** The name that it serves under. */
  readonly model: string;
  close(): Promise<void>;
}

/** @throws UserError when there is no such profile or fault, or when it cannot listen. */
export async function startMimic(authority: Authority, options: MimicOptions): Promise<RunningMimic> {
  const profile = typeof options.profile === "string" ? profileNamed(options.profile) : options.profile;
  const fault = checkedFault(options.fault ?? "");
  const model = options.model ?? profile.model;
  const simulation = createSimulation(profile, options.seed);
  const exposition = expositionOf(options.engine ?? "vllm")(profile, model, simulation.ranks().length);
  const mimic: Mimic = {
    ...{ profile, model, seed: options.seed, fault, simulation, exposition },
    ...{ requireKey: options.requireKey ?? null, recordWrites: options.recordWrites ?? false },
    driver: createDriver(simulation, (event) => exposition.observe(event)),
    ledger: createLedger(),
    occurrences: new Map(),
  };
  const listener = await listenHttp(authority, createHandler(mimic));
  const { connections } = mimic.ledger;
  listener.server.on("connection", (socket) => {
    connections.accepted++;
    connections.open++;
    socket.once("close", () => connections.open--);
  });
  return {
    port: listener.port,
    model,
    close() {
      mimic.driver.close();
      return listener.close();
    },
  };
}

function profileNamed(name: string): EngineProfile {
  const profile = profiles.find((one) => one.name === name);
  if (profile !== undefined) return profile;
  throw new UserError(`the mimic has no profile "${name}"`, {
    hint: `choose one of ${profiles.map((one) => one.name).join(", ")}`,
  });
}

function expositionOf(engine: string): (typeof expositions)[EngineName] {
  if (Object.hasOwn(expositions, engine)) return expositions[engine as EngineName];
  throw new UserError(`the mimic has no metrics of "${engine}"`, {
    hint: `choose one of ${Object.keys(expositions).join(", ")}`,
  });
}

function checkedFault(fault: string): string {
  try {
    behaviourFor(fault);
    return fault;
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(error.message, { exitCode: exitCode.usage, cause: error });
    throw error;
  }
}
