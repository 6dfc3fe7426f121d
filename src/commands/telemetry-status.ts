/**
 * `inferguard telemetry status`: whether telemetry is on, and why. It opens no connection, and creates and changes
 * nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { wallClock } from "../clock.ts";
import { prettyJson } from "../json.ts";
import { isNetworkDenied } from "../net/guard/permissions.ts";
import { guardState } from "../net/guard/state.ts";
import { lookAtConsentFiles } from "../posture/consent-files.ts";
import type { LiveLayers } from "../posture/layers.ts";
import { readEnvironment } from "../posture/overrides.ts";
import { statusLines, statusWarnings } from "../posture/status-lines.ts";
import { telemetryStatusOf } from "../posture/status.ts";

export function telemetryStatus(): { document: string; lines: string[]; warnings: string[] } {
  const environment = readEnvironment();
  const files = lookAtConsentFiles(environment);
  const status = telemetryStatusOf({
    environment,
    files,
    now: wallClock(),
    live: liveLayers(),
    documentPath: postureDocument(),
  });
  return { document: prettyJson(status), lines: statusLines(status), warnings: statusWarnings(status) };
}

function liveLayers(): LiveLayers {
  const permissions = isNetworkDenied();
  const guard = guardState();
  if (permissions) return { permissions, guard: "not needed under Node's permission model, and not possible there" };
  if (guard.is === "live") return { permissions, guard: null };
  if (guard.is === "not installed") return { permissions, guard: "not installed: InferGuard's bin did not start this" };
  return {
    permissions,
    guard: `could not be installed: ${guard.reason}; commands that need the network refuse to run`,
  };
}

/** This file lies in src/commands, or in dist/ once it is built: the document is in the package of either. */
function postureDocument(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const path = join(directory, "docs/telemetry/v0/POSTURE.md");
    if (existsSync(path)) return path;
    if (directory === dirname(directory)) throw new Error("the package lacks docs/telemetry/v0/POSTURE.md");
  }
}
