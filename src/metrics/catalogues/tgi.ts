/** Text Generation Inference. Names from its docs/source/reference/metrics.md. It has no TTFT and no KV cache usage. */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const factor = SECONDS_TO_MS;

export const tgi: Catalogue = {
  engine: "tgi",
  prefixes: ["tgi_"],
  copies: [],
  entries: [
    { raw: "batch_current_size", name: "requests_running" },
    { raw: "queue_size", name: "requests_waiting" },
    { raw: "request_success", name: "requests_finished" },
    { raw: "request_failure", name: "requests_failed" },
    { raw: "request_duration", name: "e2e_ms", factor },
    { raw: "request_queue_duration", name: "queue_time_ms", factor },
    { raw: "request_inference_duration", name: "inference_time_ms", factor },
    { raw: "request_mean_time_per_token_duration", name: "tpot_ms", factor },
    { raw: "request_input_length", name: "request_prompt_tokens" },
    { raw: "request_generated_tokens", name: "request_generation_tokens" },
  ],
  notUsed: {
    request_count: "requests received; finished and failed ones are counted apart",
    request_max_new_tokens: "what was asked for; the plan has it",
  },
};
