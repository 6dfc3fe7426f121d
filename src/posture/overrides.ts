/**
 * What the environment says about telemetry. It can only subtract: no value of any variable enables anything, and a value
 * that nobody knows disables. Values are looked at here and go no further.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export type OverrideName = "DO_NOT_TRACK" | "INFERGUARD_TELEMETRY";

export interface Override {
  name: OverrideName;
  /** It disables telemetry, whatever else says. */
  active: boolean;
  /** `unknown`: a value that InferGuard does not know, which disables. */
  found: "unset" | "empty" | "permits" | "disables" | "unknown";
}

/** The only look at this process's environment in src/posture. */
export function readEnvironment(): Environment {
  // Windows does not tell cases apart in names.
  if (process.platform !== "win32") return { ...process.env };
  return Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name.toUpperCase(), value]));
}

/** Both overrides, set or not, in the order in which they are named as a reason. */
export function overridesIn(environment: Environment): Override[] {
  return [doNotTrack(environment["DO_NOT_TRACK"]), inferguardTelemetry(environment["INFERGUARD_TELEMETRY"])];
}

/** Variables that differ from an override in case alone, which the system takes for others: `do_not_track`. */
export function misspeltIn(environment: Environment): { name: string; meant: OverrideName }[] {
  const names: OverrideName[] = ["DO_NOT_TRACK", "INFERGUARD_TELEMETRY"];
  return names.flatMap((meant) =>
    Object.keys(environment)
      .filter((name) => name !== meant && name.toUpperCase() === meant)
      .sort()
      .map((name) => ({ name, meant })),
  );
}

/** Set to anything but a word for no, it disables: its users write 1, true, yes and much else. */
function doNotTrack(value: string | undefined): Override {
  const word = wordOf(value);
  if (word === undefined) return { name: "DO_NOT_TRACK", active: false, found: "unset" };
  if (word === "") return { name: "DO_NOT_TRACK", active: false, found: "empty" };
  if (["0", "false", "no", "off"].includes(word)) return { name: "DO_NOT_TRACK", active: false, found: "permits" };
  return { name: "DO_NOT_TRACK", active: true, found: "disables" };
}

function inferguardTelemetry(value: string | undefined): Override {
  const name = "INFERGUARD_TELEMETRY";
  const word = wordOf(value);
  if (word === undefined) return { name, active: false, found: "unset" };
  if (word === "") return { name, active: false, found: "empty" };
  if (["enabled", "1", "true", "yes", "on"].includes(word)) return { name, active: false, found: "permits" };
  return { name, active: true, found: ["disabled", "0", "false", "no", "off"].includes(word) ? "disables" : "unknown" };
}

function wordOf(value: string | undefined): string | undefined {
  return value?.trim().toLowerCase();
}
