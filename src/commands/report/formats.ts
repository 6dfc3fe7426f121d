/** The forms in which a run can be rendered, by the command that made it. Little else, so that help has them at once. */
import type { View } from "../../report/model.ts";

export const formatsOf = {
  bench: ["terminal", "md", "json", "csv"],
  trace: ["terminal", "md", "html", "json", "csv", "dot", "otlp-json", "mooncake", "weka"],
  daemon: ["terminal", "md", "json"],
} as const;

/** Every form that a run of some command has. */
export type ReportFormat = (typeof formatsOf)["bench" | "trace"][number];

/** In the order in which help names them. */
export const reportFormats: readonly ReportFormat[] = formatsOf.trace;

/** A view for the terminal; a text for every other form, and what the person should know of it. */
export type Rendered = { view: View } | { text: string; remark: string | null };
