/** Prompts for the runner, made one ahead while nothing else is to be done, so that making one does not delay a send. */
import type { PromptContent } from "../endpoint/dialects/dialect.ts";

export interface PreparedPrompt {
  content: PromptContent;
  /** How many output tokens to ask for; null leaves it to the server. */
  outputTokens: number | null;
}

export interface PromptSource {
  take(): PreparedPrompt;
}

/** `make(n)` gives the n-th prompt of the run; it is called once for each n, in order. */
export function createPromptSource(make: (index: number) => PreparedPrompt): PromptSource {
  let index = 0;
  let ready: PreparedPrompt | null = null;
  let scheduled = false;
  const prepare = () => {
    scheduled = false;
    ready ??= make(index++);
  };
  return {
    take() {
      const prompt = ready ?? make(index++);
      ready = null;
      if (!scheduled) setImmediate(prepare);
      scheduled = true;
      return prompt;
    },
  };
}
