/** The mimic that this command starts for itself, in a process of its own. */
import { exitCode, UserError } from "../../errors.ts";
import { type EndpointAddress, parseEndpoint } from "../../endpoint/address.ts";
import { type Authority, narrowToMimicPort } from "../../net/authority.ts";
import { startOwnProcess } from "../../net/child.ts";
import type { MimicTarget } from "./options.ts";

export interface StartedMimic {
  address: EndpointAddress;
  authority: Authority;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;

/** @throws UserError (exit code 3) when it does not start. */
export async function startMimicProcess(target: MimicTarget, seed: string): Promise<StartedMimic> {
  const child = await startOwnProcess(
    target.bin,
    ["mimic", "--port", "0", "--seed", seed, "--json", "--until-stdin-ends"],
    START_TIMEOUT_MS,
  );
  const port = portOf(child.firstLine);
  if (port === null) {
    await child.stop();
    throw new UserError(`the mimic's first line is not what it should be: ${child.firstLine.slice(0, 200)}`, {
      exitCode: exitCode.bug,
    });
  }
  return {
    address: parseEndpoint(`http://127.0.0.1:${port}`, target.api),
    authority: narrowToMimicPort(target.authority, port),
    stop: child.stop,
  };
}

function portOf(line: string): number | null {
  try {
    const { port } = JSON.parse(line) as { port?: unknown };
    return typeof port === "number" ? port : null;
  } catch {
    return null;
  }
}
