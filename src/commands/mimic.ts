/** `inferguard mimic`: serves the simulated engine until it is told to stop. */
import type { Authority } from "../net/authority.ts";
import { startMimic } from "../mimic/start.ts";

export interface MimicOptions {
  authority: Authority;
  profile: string;
  seed: string;
  engine: "vllm" | "sglang";
  model?: string;
  fault?: string;
  requireKey?: string;
  recordWrites?: boolean;
  /** Stop when this ends: the process that started the mimic is gone. */
  stdin: NodeJS.ReadableStream | null;
}

export interface MimicStarted {
  url: string;
  port: number;
  profile: string;
  model: string;
}

/** Resolves once it has stopped. @throws UserError when it cannot listen, or a name is not known. */
export async function mimic(
  options: MimicOptions,
  signal: AbortSignal,
  onStarted: (started: MimicStarted) => void,
): Promise<void> {
  const { authority, stdin, ...engine } = options;
  const server = await startMimic(authority, engine);
  const host = authority.host.includes(":") ? `[${authority.host}]` : authority.host;
  onStarted({
    url: `http://${host}:${server.port}/v1`,
    port: server.port,
    profile: options.profile,
    model: server.model,
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
    if (signal.aborted) resolve();
    stdin?.once("end", resolve).once("close", resolve).resume();
  });
  stdin?.pause();
  await server.close();
}
