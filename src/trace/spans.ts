/**
 * A trace as OpenTelemetry spans, by the semantic conventions for generative AI (their status is "development"): one
 * trace, a span for the run (`invoke_agent`), below it one for each agent that a tool started, each model call and each
 * tool call. Ids come from the run's id alone, so that the same run gives the same spans again. No span holds text.
 */
import { createHash } from "node:crypto";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import type { TraceRun } from "../runs/schemas/run.ts";
import { version } from "../version.ts";
import {
  agentAttributes,
  callAttributes,
  operations,
  providerOf,
  serverAttributes,
  toolAttributes,
} from "./span-attributes.ts";

export type Span = Parameters<(typeof JsonTraceSerializer)["serializeRequest"]>[0][number];

/** What spans say of their run. */
export type SpannedRun = Pick<TraceRun, "run_id" | "name" | "claim" | "clock" | "plan">;

/** @param wallMs the run's length. */
export function spansOf(run: SpannedRun, nodes: readonly TraceNode[], wallMs: number): Span[] {
  const make = spanMaker(run);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const agents = subAgents(nodes, byId);
  const agent = agentAttributes(providerOf(nodes.find((node) => node.kind === "model_call")));
  const agentOf = (conversation: number) => (agents.has(conversation) ? `conversation ${conversation}` : "run");
  const about = (conversation: number) => ({ "gen_ai.conversation.id": `${run.run_id}/${conversation}` });
  const server = serverAttributes(run.plan.target.origin);

  return [
    make({ name: "run", title: "invoke_agent", startMs: 0, endMs: wallMs, attributes: agent, parent: null }),
    ...[...agents].map(([conversation, { startMs, endMs, cause }]) =>
      make({
        ...{ name: agentOf(conversation), title: "invoke_agent", startMs, endMs },
        attributes: { ...agent, ...about(conversation) },
        parent: cause.kind === "tool_call" ? `node ${cause.id}` : agentOf(cause.conversation),
      }),
    ),
    ...nodes.flatMap((node) => {
      const place = { name: `node ${node.id}`, parent: agentOf(node.conversation), startMs: node.start_ms };
      if (node.kind === "model_call")
        return make({
          ...{ ...place, title: titleOf(operations[node.api], node.model), kind: CLIENT, endMs: node.end_ms },
          attributes: { ...callAttributes(node), ...server, ...about(node.conversation) },
          failed: node.status === "error",
          links: linksOf(node, byId),
        });
      if (node.kind === "tool_call")
        return make({
          ...{ ...place, title: titleOf("execute_tool", node.name), endMs: node.end_ms ?? node.start_ms },
          attributes: { ...toolAttributes(node), ...about(node.conversation) },
          failed: node.result_kind === "error",
        });
      return [];
    }),
  ];
}

/** The body of an OTLP request, in its JSON form. */
export function otlpJson(spans: Span[]): Uint8Array {
  return JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
}

/** Kinds of span, as OpenTelemetry's API counts them. */
const INTERNAL = 0;
const CLIENT = 2;

interface SpanParts {
  /** Unique within the run: the id is made of it. */
  name: string;
  title: string;
  kind?: number;
  startMs: number;
  endMs: number;
  attributes: Span["attributes"];
  parent: string | null;
  failed?: boolean;
  links?: { to: string; relation: string }[];
}

function spanMaker(run: SpannedRun): (parts: SpanParts) => Span {
  const traceId = idOf(`trace of ${run.run_id}`, 32);
  const contextOf = (name: string) => ({ traceId, spanId: idOf(`${run.run_id} ${name}`, 16), traceFlags: 1 });
  const zeroMs = Date.parse(run.clock.wall_at_zero);
  // One object for all spans: the serializer groups by it.
  const resource = resourceOf(run);
  const instrumentationScope = { name: "inferguard", version };
  return ({ name, title, kind = INTERNAL, startMs, endMs, attributes, parent, failed = false, links = [] }) => ({
    name: title,
    kind,
    spanContext: () => contextOf(name),
    ...(parent === null ? {} : { parentSpanContext: contextOf(parent) }),
    startTime: hrTime(zeroMs, startMs),
    endTime: hrTime(zeroMs, Math.max(startMs, endMs)),
    duration: hrTime(0, Math.max(0, endMs - startMs)),
    ended: true,
    status: { code: failed ? ERROR : UNSET },
    attributes,
    links: links.map(({ to, relation }) => ({
      context: contextOf(to),
      attributes: { "inferguard.relation": relation },
    })),
    events: [],
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  });
}

const UNSET = 0;
const ERROR = 2;

function resourceOf(run: SpannedRun): Span["resource"] {
  const attributes = {
    "service.name": "inferguard-trace",
    "inferguard.run.id": run.run_id,
    ...(run.name === null ? {} : { "inferguard.run.name": run.name }),
    "inferguard.claim": run.claim,
  };
  // The serializer reads the attributes alone.
  return { attributes } as unknown as Span["resource"];
}

/** Whole seconds and nanoseconds, of a whole millisecond and an offset with microseconds. */
function hrTime(zeroMs: number, offsetMs: number): [seconds: number, nanoseconds: number] {
  const microseconds = Math.round(offsetMs * 1000) + (zeroMs % 1000) * 1000;
  const seconds = Math.floor(microseconds / 1e6);
  return [Math.floor(zeroMs / 1000) + seconds, (microseconds - seconds * 1e6) * 1000];
}

function idOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

interface SubAgent {
  startMs: number;
  endMs: number;
  /** What started it. */
  cause: TraceNode;
}

/** Conversations that a node of an earlier one caused. */
function subAgents(nodes: readonly TraceNode[], byId: ReadonlyMap<number, TraceNode>): ReadonlyMap<number, SubAgent> {
  const agents = new Map<number, SubAgent>();
  for (const [conversation, own] of Map.groupBy(nodes, (node) => node.conversation)) {
    const [first] = own;
    const cause = byId.get(first?.parent ?? -1);
    if (first === undefined || cause === undefined || cause.conversation >= conversation) continue;
    const endMs = own.reduce((last, node) => Math.max(last, "end_ms" in node ? (node.end_ms ?? 0) : 0), first.start_ms);
    agents.set(conversation, { startMs: first.start_ms, endMs, cause });
  }
  return agents;
}

function titleOf(operation: string, what: string | null): string {
  return what === null ? operation : `${operation} ${what}`;
}

/** To the call that this one repeats, or that it branches off beside. */
function linksOf(call: ModelCall, byId: ReadonlyMap<number, TraceNode>): NonNullable<SpanParts["links"]> {
  const before = byId.get(call.parent ?? -1);
  if (before?.kind !== "retry" && before?.kind !== "branch") return [];
  return [{ to: `node ${before.of}`, relation: before.kind }];
}
