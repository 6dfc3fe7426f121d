/** What the proxy has to say at the end: for the person, and for the run's list of what is missing. Pure. */
import { counted } from "../../report/format.ts";
import type { Run } from "../../runs/schemas/run.ts";
import type { ProxyNotes } from "../../trace/proxy.ts";

/** One sentence each. */
export function sentencesOf({ refused, notConnected, redirects }: ProxyNotes): string[] {
  return [
    ...[...refused].map(([why, times]) => `${counted(times, "request")} did not go on: ${why}`),
    ...[...notConnected].map(([why, times]) => `the endpoint took ${counted(times, "connection")} less: ${why}`),
    ...(redirects === 0
      ? []
      : [
          `${counted(redirects, "reply", "replies")} sent the agent elsewhere (3xx); where it went from there is not in the trace`,
        ]),
  ];
}

export function missingOf({ notRecorded, incomplete }: ProxyNotes): Run["missing"] {
  return [
    ...[...notRecorded].map(([why, times]) => ({
      what: `${counted(times, "exchange")} of the trace`,
      why: `a bug in InferGuard: ${why}`,
    })),
    ...(incomplete === 0
      ? []
      : [
          {
            what: `${counted(incomplete, "body", "bodies")} in part`,
            why: "they passed faster than they could be read",
          },
        ]),
  ];
}
