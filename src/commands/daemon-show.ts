/** `inferguard daemon show`: the watched series, asked of the running daemon. */
import { exitCode, messageOf, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import type { View } from "../report/model.ts";
import { showView } from "../report/show-view.ts";
import { showSchema } from "../runs/schemas/daemon.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import { askDaemon } from "./daemon/ask.ts";
import { findDaemon, noDaemon } from "./daemon/find.ts";
import type { DaemonPlace } from "./daemon/options.ts";

/** A look through months of history takes its time. */
const PATIENCE_MS = 60_000;

/** @throws UserError: exit code 3 when there is none, 1 when it does not answer */
export async function daemonShow(
  { directory, socket }: DaemonPlace,
  sinceMs: number,
  around: { signal: AbortSignal; egress(this: void, record: EgressRecord): void },
): Promise<{ text: string; view: View }> {
  const claim = findDaemon(directory);
  if (claim === null || claim.state === "dead")
    throw noDaemon("inferguard report RUN shows what an earlier one kept; inferguard runs list names its run");
  const path = `/v1/show?since_ms=${Math.ceil(sinceMs)}`;
  const asked = await askDaemon(socket, { method: "GET", path, timeoutMs: PATIENCE_MS, ...around });
  if ("failure" in asked) throw noAnswer(asked.failure);
  if (asked.status !== 200) throw noAnswer(`it answers with status ${asked.status}: ${asked.text.slice(0, 200)}`);
  try {
    const document = showSchema.parse(JSON.parse(asked.text));
    return { text: prettyJson(document), view: showView(document) };
  } catch (error) {
    throw noAnswer(`its answer is not that of this version: ${messageOf(error).slice(0, 200)}`);
  }
}

function noAnswer(why: string): UserError {
  return new UserError(`the daemon does not answer: ${why}`, {
    exitCode: exitCode.bad,
    hint: "inferguard daemon logs may say more",
  });
}
