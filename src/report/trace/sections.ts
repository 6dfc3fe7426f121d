/** The parts of a trace's report below its outline. */
import type { TurnTokens } from "../../analysis/trace/turns.ts";
import type { TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { claimMark, durationCell, durationsOf, percentileCell, plainCell } from "../cells.ts";
import { bytes, count, counted, duration, durationUnit, noValue, percent } from "../format.ts";
import type { Cell, Column, Fact, Section } from "../model.ts";
import { printable } from "../printable.ts";
import { shareBar } from "./bars.ts";

const barWidth = 24;

/** Of the sections that a page has a chart for. */
export const headings = { time: "Where the time went", outline: "What it did", turns: "Tokens by turn" };

export function timeSection({ time }: TraceSummary): Section {
  const parts = [
    ["model", time.model_ms, "a model call was under way"],
    ["tools", time.tool_ms, "no call, and a tool was"],
    ["waiting", time.waiting_ms, "neither"],
  ] as const;
  const mark = claimMark(time.claim);
  const rows = parts.map(([name, ms, meaning]): Cell[] => {
    const share = time.wall_ms === 0 ? 0 : ms / time.wall_ms;
    return [
      plainCell(name),
      plainCell(`${mark}${duration(ms)}`),
      plainCell(percent(share)),
      { text: shareBar(share, barWidth, name === "model" ? "model" : "tool"), tone: "faint" },
      { text: meaning, tone: "faint" },
    ];
  });
  const doubt = time.claim === "inferred" && time.why !== null ? [`~ inferred: ${printable(time.why, 1000)}`] : [];
  return {
    ...empty,
    heading: headings.time,
    table: {
      columns: [
        column("part"),
        column("time", "right"),
        column("share", "right"),
        { ...column("of the run", "right", 1), bars: true },
        column("when", "left", 2),
      ],
      rows,
    },
    notes: doubt,
  };
}

export function turnsSection(turns: readonly TurnTokens[]): Section[] {
  if (turns.length === 0) return [];
  const several = new Set(turns.map(({ conversation }) => conversation)).size > 1;
  const most = Math.max(...turns.map((turn) => turn.input_tokens / turn.calls));
  const rows = turns.map((turn): Cell[] => {
    const { from, to, calls, input_tokens, output_tokens, cached_tokens } = turn;
    const cached = cached_tokens === null || input_tokens === 0 ? null : cached_tokens / input_tokens;
    return [
      ...(several ? [plainCell(count(turn.conversation))] : []),
      plainCell(from === to ? count(from) : `${count(from)}–${count(to)}`),
      plainCell(count(calls)),
      plainCell(count(input_tokens)),
      plainCell(cached_tokens === null ? noValue : count(cached_tokens)),
      plainCell(cached === null ? noValue : percent(cached)),
      plainCell(count(output_tokens)),
      { text: inputBar(turn, most), tone: "faint" },
    ];
  });
  return [
    {
      ...empty,
      heading: headings.turns,
      table: {
        columns: [
          ...(several ? [column("conv.", "right")] : []),
          column("turn", "right"),
          column("calls", "right", 3),
          { ...column("input", "right"), group: "tokens" },
          { ...column("cached", "right", 2), group: "tokens" },
          { ...column("cached", "right"), unit: "%" },
          { ...column("output", "right"), group: "tokens" },
          { ...column("input of a call, its cached part dark", "right", 1), bars: true },
        ],
        rows,
      },
    },
  ];
}

/** As long as a call's input beside the longest; its cached part dark. */
function inputBar({ input_tokens, cached_tokens, calls }: TurnTokens, most: number): string {
  const size = most === 0 ? 0 : Math.max(1, Math.round((input_tokens / calls / most) * barWidth));
  const dark = input_tokens === 0 ? 0 : Math.round(((cached_tokens ?? 0) / input_tokens) * size);
  return "█".repeat(dark) + "▓".repeat(size - dark) + "░".repeat(barWidth - size);
}

const mostTools = 20;

export function toolsSection({ tools }: TraceSummary): Section[] {
  if (tools.length === 0) return [];
  const rows = tools
    .slice(0, mostTools)
    .map((tool): Cell[] => [
      tool.name === null ? { text: "(name not kept)", tone: "faint" } : plainCell(printable(tool.name, 64)),
      plainCell(count(tool.calls)),
      plainCell(count(tool.longest_run)),
      plainCell(duration(tool.wall_ms)),
      plainCell(duration(tool.stall_ms)),
      { text: count(tool.errors), ...(tool.errors > 0 ? { tone: "bad" as const } : {}) },
      plainCell(count(tool.without_result)),
      plainCell(bytes(tool.result_bytes)),
    ]);
  const more = tools.length - mostTools;
  return [
    {
      ...empty,
      heading: "Tools",
      table: {
        columns: [
          { ...column("tool"), least: 16 },
          column("calls", "right"),
          column("in a row", "right", 3),
          column("time", "right"),
          column("stall", "right", 2),
          column("errors", "right", 1),
          column("no result", "right", 5),
          column("results", "right", 4),
        ],
        rows,
      },
      notes: [
        "time: from the reply that asked for it to the request with its result; stall: the part of it without a model call",
        ...(more > 0 ? [`and ${counted(more, "more tool")}: --format json has them all`] : []),
      ],
    },
  ];
}

export function latencySection({ latency }: TraceSummary): Section[] {
  const parts = [
    ["TTFT", latency.ttft],
    ["TPOT", latency.tpot],
    ["E2E", latency.e2e],
  ] as const;
  const shown = parts.filter(([, distribution]) => distribution.samples > 0);
  if (shown.length === 0) return [];
  const rows = shown.map(([name, distribution]): Cell[] => {
    const unit = durationUnit(durationsOf(distribution));
    return [
      plainCell(name),
      plainCell(unit),
      plainCell(count(distribution.samples)),
      durationCell(distribution, distribution.mean, unit),
      ...(["p50", "p90", "p99"] as const).map((percentile) => percentileCell(distribution, percentile, unit)),
      durationCell(distribution, distribution.max, unit),
    ];
  });
  return [
    {
      ...empty,
      heading: "Latency of a call",
      table: {
        columns: [
          column(""),
          column("unit"),
          column("calls", "right", 1),
          column("mean", "right"),
          column("p50", "right"),
          column("p90", "right", 3),
          column("p99", "right", 2),
          column("max", "right"),
        ],
        rows,
      },
    },
  ];
}

export function repeatFacts({ repeats, nodes, tools }: TraceSummary): Fact[] {
  const { same_input, sent_again } = repeats;
  const facts: string[] = [];
  if (same_input.calls > 0) {
    const tokens = same_input.input_tokens === null ? "" : `, ${counted(same_input.input_tokens, "input token")}`;
    facts.push(
      `${counted(same_input.inputs, "input")} sent more than once: ${counted(same_input.calls, "call")} again${tokens}; ${counted(nodes.retry, "retry", "retries")}`,
    );
  }
  const longest = tools.reduce(
    (most, tool) => (tool.longest_run > (most?.longest_run ?? 2) ? tool : most),
    tools.at(-1),
  );
  if (longest !== undefined && longest.longest_run > 2)
    facts.push(
      `${longest.name === null ? "a tool" : printable(longest.name, 64)} ${count(longest.longest_run)} times in a row`,
    );
  if (sent_again !== null && sent_again.tokens > 0) {
    const { tokens, not_cached_tokens } = sent_again;
    facts.push(
      `~${count(tokens)} input tokens had been sent before as the beginning of an input; ~${count(not_cached_tokens)} of them (${percent(not_cached_tokens / tokens)}) were not cached`,
    );
  }
  return facts.map((text, place): Fact => ({ label: place === 0 ? "Again" : "", text }));
}

const empty: Section = { heading: null, depth: "summary", table: null, facts: [], notes: [] };

function column(label: string, align: Column["align"] = "left", drop = 0): Column {
  return { group: null, label, unit: null, align, drop };
}
