/** docs/artifacts.md is written by hand; this holds it to the schemas. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { artifact } from "./artifacts.ts";
import { AGENT_TRACE_SCHEMA, agentTraceRowSchema } from "./schemas/agent-trace.ts";
import { CLIENT_SCHEMA, clientRowSchema } from "./schemas/client.ts";
import { EGRESS_SCHEMA, egressSchema } from "./schemas/egress.ts";
import { GAPS_SCHEMA, gapsRowSchema } from "./schemas/gaps.ts";
import { HISTORY_SCHEMA, historyRowSchema } from "./schemas/history.ts";
import { histogramSchema } from "./schemas/histogram.ts";
import { errorKinds, finishReasons, REQUEST_SCHEMA, requestRowSchema } from "./schemas/request.ts";
import { RUN_SCHEMA, runSchema } from "./schemas/run.ts";
import {
  distributionSchema,
  figureSchema,
  percentileSchema,
  SUMMARY_SCHEMA,
  summarySchema,
} from "./schemas/summary.ts";
import { TEXT_SCHEMA, textRowSchema } from "./schemas/text.ts";
import { TRACE_SUMMARY_SCHEMA, traceSummarySchema } from "./schemas/trace-summary.ts";
import { cumulativeHistogramSchema, TIMELINE_SCHEMA, timelineRowSchema } from "./schemas/timeline.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/artifacts.md"), "utf8");

/** The text under a heading, up to the next of its rank or higher. */
function sectionOf(title: string): string {
  const [, section] = document.split(new RegExp(`^## ${title.replaceAll(".", "\\.")}$`, "m"));
  return section?.split(/^## /m)[0] ?? "";
}

/** Shapes that stand in several places and are described once. */
const shapes: [string, z.ZodType][] = [
  ["Histogram", histogramSchema],
  ["Cumulative histogram", cumulativeHistogramSchema],
  ["Figure", figureSchema],
  ["Percentile", percentileSchema],
  ["Distribution", distributionSchema],
];

const files: [string, string, z.ZodType][] = [
  [artifact.run, RUN_SCHEMA, runSchema],
  [artifact.requests, REQUEST_SCHEMA, requestRowSchema],
  [artifact.gaps, GAPS_SCHEMA, gapsRowSchema],
  [artifact.client, CLIENT_SCHEMA, clientRowSchema],
  [artifact.timeline, TIMELINE_SCHEMA, timelineRowSchema],
  [artifact.agentTrace, AGENT_TRACE_SCHEMA, agentTraceRowSchema],
  [artifact.history, HISTORY_SCHEMA, historyRowSchema],
  [artifact.egress, EGRESS_SCHEMA, egressSchema],
  [artifact.text, TEXT_SCHEMA, textRowSchema],
  [artifact.summary, SUMMARY_SCHEMA, summarySchema],
  [artifact.summary, TRACE_SUMMARY_SCHEMA, traceSummarySchema],
];

/** Every field, as it is written in the document: `plan.levels[].mode`. */
function fieldsOf(schema: z.core.$ZodType, path = ""): string[] {
  if (path !== "" && shapes.some(([, shape]) => shape === schema)) return [path];
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return fieldsOf(schema.def.innerType, path);
  if (schema instanceof z.ZodReadonly) return fieldsOf(schema.def.innerType, path);
  if (schema instanceof z.ZodArray) return fieldsOf(schema.def.element, `${path}[]`);
  if (schema instanceof z.ZodDiscriminatedUnion) return schema.def.options.flatMap((option) => fieldsOf(option, path));
  if (schema instanceof z.ZodObject)
    return Object.entries<z.core.$ZodType>(schema.def.shape).flatMap(([name, field]) =>
      fieldsOf(field, path === "" ? name : `${path}.${name}`),
    );
  return [path];
}

const missingFrom = (section: string, names: string[]) =>
  [...new Set(names)].filter((name) => !section.includes(`\`${name}\``));

describe("docs/artifacts.md", () => {
  it.each(files)("names every field of %s, and its schema", (name, version, schema) => {
    const section = sectionOf(name);
    expect(section).toContain(`\`${version}\``);
    const fields = fieldsOf(schema);
    expect(fields.length).toBeGreaterThan(3);
    expect(missingFrom(section, fields)).toEqual([]);
  });

  it.each(shapes)("describes the shape %s", (name, schema) => {
    expect(missingFrom(sectionOf(name), fieldsOf(schema))).toEqual([]);
  });

  it("has every error kind and every finish reason", () => {
    expect(missingFrom(sectionOf(artifact.requests), [...errorKinds, ...finishReasons])).toEqual([]);
  });

  it("names every file of a run", () => {
    expect(missingFrom(document, Object.values(artifact))).toEqual([]);
  });
});
