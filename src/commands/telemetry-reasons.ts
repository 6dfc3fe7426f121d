/** Why a payload cannot be sent, worked out afresh. There is always a reason: this release has no code that could. */
import { wallClock } from "../clock.ts";
import { lookAtConsentFiles } from "../posture/consent-files.ts";
import { type Override, readEnvironment } from "../posture/overrides.ts";
import type { CannotBeSent, Candidate } from "../posture/payload-verification.ts";
import { type PendingDenial, type PendingRun, pendingDenial } from "../posture/pending-rule.ts";
import { telemetryState } from "../posture/state.ts";
import { reasonTexts } from "../posture/state-texts.ts";

/** @param run null where the bytes do not say which run they are of */
export function reasonsAgainst(
  { refusals }: Candidate,
  run: PendingRun | null,
): { overrides: Override[]; reasons: CannotBeSent[] } {
  const environment = readEnvironment();
  const files = lookAtConsentFiles(environment);
  const now = wallClock();
  const state = telemetryState(environment, files, now);
  const active = state.overrides.filter((override) => override.active).map(({ name }) => denialBy(name));
  const denial = run === null ? stateDenial(state) : pendingDenial(state, files.ledger.entries, run, now);
  return {
    overrides: state.overrides,
    reasons: [
      ...(active.length > 0 || denial === null ? active : [denial]),
      ...(refusals.length > 0
        ? [{ code: "Denied:NeverCollectedField", text: "it holds what is never collected, or what no payload holds" }]
        : []),
      { code: "Denied:NoUploadInThisRelease", text: "this release has no code that uploads anything" },
    ],
  };
}

function denialBy(name: Override["name"]): PendingDenial {
  const code = name === "DO_NOT_TRACK" ? "Denied:DoNotTrack" : "Denied:EnvironmentDisabled";
  return { code, text: reasonTexts[code] };
}

function stateDenial(state: ReturnType<typeof telemetryState>): PendingDenial | null {
  return state.state === "enabled" ? null : { code: state.reason, text: reasonTexts[state.reason] };
}
