/** The package's version and the oldest Node that it runs on. */

// The build puts package.json's version here; a run from source has none.
declare const INFERGUARD_VERSION: string;

export const version = typeof INFERGUARD_VERSION === "string" ? INFERGUARD_VERSION : "0.0.0-source";

/** The same as `engines.node` in package.json. */
export const oldestNode = "22.15";
