/** Where the prompts of a run come from: made by the seed, or read from a file in order, from the top again at its end. */
import type { PreparedPrompt } from "../../load/prompt-source.ts";
import { seededRandom } from "../../random.ts";
import type { BenchPlan } from "../../runs/schemas/bench-plan.ts";
import { readPromptsFile } from "../../workload/prompts-file-reader.ts";
import { drawLength, syntheticPrompt } from "../../workload/synthetic.ts";
import type { BenchOptions } from "./options.ts";

export interface PreparedPrompts {
  workload: BenchPlan["workload"];
  /** `runNonce`: something that no other run has. */
  source(runNonce: string): (index: number) => PreparedPrompt;
}

/** @throws UserError when the file cannot be read or a line of it is wrong. */
export async function preparePrompts(options: BenchOptions): Promise<PreparedPrompts> {
  const { inputFile, inputTokens, outputTokens, seed } = options;
  if (inputFile !== null) {
    const { prompts, sha256 } = await readPromptsFile(inputFile);
    return {
      workload: { kind: "file", format: "jsonl", rows: prompts.length, sha256, output_tokens: outputTokens },
      source: () => (index) => {
        const { content, wantedOutputTokens } = prompts[index % prompts.length] as (typeof prompts)[number];
        const drawn = outputTokens === null ? null : drawLength(outputTokens, seededRandom(seed, `lengths/${index}`));
        return { content, outputTokens: wantedOutputTokens ?? drawn };
      },
    };
  }
  // Without --input the command line has always set a length.
  const output = outputTokens ?? { mean: 128, sd: 0 };
  return {
    workload: { kind: "synthetic", input_tokens: inputTokens, output_tokens: output },
    source: (runNonce) => (id) => {
      const prompt = syntheticPrompt({ seed, runNonce, id, inputTokens, outputTokens: output });
      return { content: prompt.content, outputTokens: prompt.wantedOutputTokens };
    },
  };
}
