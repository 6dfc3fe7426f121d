/**
 * Where the prompts of a run come from: made by the seed, or read from a file in order, from the top again at its end. Of a
 * trace, the words are made up for each block.
 */
import type { PreparedPrompt } from "../../load/prompt-source.ts";
import { seededRandom } from "../../random.ts";
import type { BenchPlan } from "../../runs/schemas/bench-plan.ts";
import { readInputFile } from "../../workload/input-file-reader.ts";
import type { Prompt } from "../../workload/prompt.ts";
import { blockPrompt } from "../../workload/block-prompt.ts";
import { drawLength, syntheticPrompt } from "../../workload/synthetic.ts";
import type { Trace } from "../../workload/trace-file.ts";
import type { TraceRow } from "../../workload/trace-row.ts";
import type { BenchOptions } from "./options.ts";

export interface PreparedPrompts {
  workload: BenchPlan["workload"];
  /** `runNonce`: something that no other run has. */
  source(runNonce: string): (index: number) => PreparedPrompt;
  /** Null where the prompts are of no trace. */
  trace: Trace | null;
}

/** @throws UserError when the file cannot be read or a line of it is wrong. */
export async function preparePrompts(options: BenchOptions): Promise<PreparedPrompts> {
  const { inputFile, inputFormat } = options;
  if (inputFile === null) return synthetic(options);
  const { sha256, ...read } = await readInputFile(inputFile, inputFormat);
  return read.kind === "trace" ? replayed(read.trace, sha256, options) : fromFile(read.prompts, sha256, options);
}

function synthetic({ inputTokens, outputTokens, seed }: BenchOptions): PreparedPrompts {
  // Without --input the command line has always set a length.
  const output = outputTokens ?? { mean: 128, sd: 0 };
  return {
    workload: { kind: "synthetic", input_tokens: inputTokens, output_tokens: output },
    source: (runNonce) => (id) => {
      const prompt = syntheticPrompt({ seed, runNonce, id, inputTokens, outputTokens: output });
      return { content: prompt.content, outputTokens: prompt.wantedOutputTokens };
    },
    trace: null,
  };
}

function fromFile(prompts: readonly Prompt[], sha256: string, options: BenchOptions): PreparedPrompts {
  const { outputTokens } = options;
  return {
    workload: { kind: "file", format: "jsonl", rows: prompts.length, sha256, output_tokens: outputTokens },
    source: () => (index) => {
      const { content, wantedOutputTokens } = prompts[index % prompts.length] as Prompt;
      return { content, outputTokens: wantedOutputTokens ?? drawnLength(options, index) };
    },
    trace: null,
  };
}

/** The same words in every level and run would be found in a cache: they are of the run and of the level's turn. */
function replayed(trace: Trace, sha256: string, options: BenchOptions): PreparedPrompts {
  const { rows } = trace;
  return {
    workload: { ...traceWorkload(trace), sha256, output_tokens: options.outputTokens },
    source: (runNonce) => (index) => {
      const round = Math.floor(index / rows.length);
      const row = rows[index % rows.length] as TraceRow;
      const text = blockPrompt(row, `${options.seed}/${runNonce}/${round}`, index);
      return { content: { kind: "text", text }, outputTokens: row.outputTokens ?? drawnLength(options, index) };
    },
    trace,
  };
}

function traceWorkload({ format, rows, spanMs, dropped }: Trace) {
  const blocks = rows.flatMap((row) => row.blocks);
  return {
    kind: "trace" as const,
    format,
    rows: rows.length,
    dropped: dropped.reduce((sum, each) => sum + each.rows, 0),
    span_ms: spanMs,
    total_input_tokens: rows.reduce((sum, row) => sum + row.inputTokens, 0),
    total_output_tokens: rows.reduce((sum, row) => sum + (row.outputTokens ?? 0), 0),
    blocks: blocks.length,
    distinct_blocks: new Set(blocks).size,
  };
}

function drawnLength({ outputTokens, seed }: BenchOptions, index: number): number | null {
  return outputTokens === null ? null : drawLength(outputTokens, seededRandom(seed, `lengths/${index}`));
}
