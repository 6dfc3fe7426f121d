/**
 * What happens after a run while consent is in force: its payload is written to the pending folder, for a person to read.
 * Nothing sends it. The network is closed before this is called, and nothing that goes wrong here can change how the
 * command ends.
 */
import { wallClock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { lookAtConsentFiles } from "../posture/consent-files.ts";
import { readEnvironment } from "../posture/overrides.ts";
import { writePendingPayload } from "../posture/pending.ts";
import { telemetryState } from "../posture/state.ts";
import { candidateOfRun, pendingPayloadOf } from "./telemetry-candidate.ts";

/** One sentence for the person at the terminal, or null while telemetry is off: then nothing is read or written. */
export async function leavePendingPayload(directory: string): Promise<{ remark: string } | { warning: string } | null> {
  try {
    const environment = readEnvironment();
    const { state } = telemetryState(environment, lookAtConsentFiles(environment), wallClock());
    if (state !== "enabled") return null;
    const result = await writePendingPayload(environment, pendingPayloadOf(await candidateOfRun(directory)));
    return result.written
      ? { remark: `telemetry: ${result.shown} holds this run's payload; it cannot be sent: this release has no upload` }
      : { remark: `telemetry: no payload of this run is pending: ${result.denial.text} (${result.denial.code})` };
  } catch (error) {
    return { warning: `telemetry: the run's payload could not be written: ${messageOf(error)}` };
  }
}
