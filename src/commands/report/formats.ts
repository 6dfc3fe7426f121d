/** The forms in which a run can be rendered, by the command that made it. Nothing else, so that help has them at once. */

export const formatsOf = {
  bench: ["terminal", "md", "json", "csv"],
  trace: ["terminal", "md", "json", "csv"],
} as const;

/** Every form that a run of some command has. */
export type ReportFormat = (typeof formatsOf)["bench" | "trace"][number];

/** In the order in which help names them. */
export const reportFormats: readonly ReportFormat[] = formatsOf.trace;
