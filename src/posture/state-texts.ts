/** What the reasons of a state mean, each as a clause. */
import type { DisabledReason } from "./state.ts";

export const reasonTexts: Record<DisabledReason | "Allowed:UserExplicitlyEnabled", string> = {
  "Allowed:UserExplicitlyEnabled": "consent was given, and payloads are written to this machine's disk",
  "Denied:DoNotTrack": "the environment variable DO_NOT_TRACK forbids it",
  "Denied:EnvironmentDisabled": "the environment variable INFERGUARD_TELEMETRY forbids it",
  "Denied:UserDisabled": "`inferguard telemetry disable` was the last decision",
  "Denied:ConsentUnsafe": "what is kept for a consent token is not kept as private files must be",
  "Denied:ConsentInvalid": "what is kept of consent does not fit together",
  "Denied:ConsentMissing": "consent was given, and its token is gone",
  "Denied:SchemaChanged": "consent was given to another payload than this release's",
  "Denied:ConsentExpired": "consent was given for a time that is over",
  "Denied:Default": "nobody has enabled it",
};
