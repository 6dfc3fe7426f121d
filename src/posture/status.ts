/** The telemetry status, as a document for scripts. It is worked out from what it is given, and opens nothing. */
import type { ConsentFiles } from "./consent-files.ts";
import { influencesIn } from "./influences.ts";
import { layersOf, type LiveLayers } from "./layers.ts";
import { headOf } from "./ledger-chain.ts";
import { type Environment, misspeltIn } from "./overrides.ts";
import { telemetryState } from "./state.ts";
import { reasonTexts } from "./state-texts.ts";
import type { TelemetryStatus } from "./status-schema.ts";

export interface StatusFacts {
  environment: Environment;
  files: ConsentFiles;
  now: Date;
  live: LiveLayers;
  /** The absolute path of the installed docs/telemetry/v0/POSTURE.md. */
  documentPath: string;
}

export function telemetryStatusOf({ environment, files, now, live, documentPath }: StatusFacts): TelemetryStatus {
  const { state, reason, overrides, token, pending } = telemetryState(environment, files, now);
  return {
    schema: "inferguard-telemetry-status/v1",
    statement: state === "enabled" ? null : statementFor(documentPath),
    state,
    reason,
    reason_text: reasonTexts[reason],
    overrides,
    misspelt: misspeltIn(environment),
    folder: files.folder,
    token,
    pending,
    ledger: {
      entries: files.ledger.entries.length,
      head: headOf(files.ledger),
      damage: files.ledger.damage?.text ?? null,
    },
    layers: layersOf(live),
    influences: influencesIn(environment),
    upload: "none in this release",
    document: documentPath,
  };
}

function statementFor(documentPath: string): string {
  return `No telemetry. No network calls outside endpoints you pass via flags. Verified: see ${documentPath}`;
}
