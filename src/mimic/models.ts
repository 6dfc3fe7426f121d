/** Models as their config.json and model cards describe them, in BF16: two bytes a weight and a cached value. */
import type { Model } from "./simulation/profile.ts";

/** meta-llama/Llama-3.1-8B-Instruct: 8.03 billion parameters, 32 layers, 32 query and 8 key heads of 128. */
export const llama8b: Model = {
  name: "meta-llama/Llama-3.1-8B-Instruct",
  parameters: 8.03e9,
  layers: 32,
  attentionWidth: 32 * 128,
  kvHeads: 8,
  headSize: 128,
  bytesPerWeight: 2,
  bytesPerKvValue: 2,
  sparse: null,
};

/** meta-llama/Llama-3.1-70B-Instruct: 70.6 billion parameters, 80 layers, 64 query and 8 key heads of 128. */
export const llama70b: Model = {
  name: "meta-llama/Llama-3.1-70B-Instruct",
  parameters: 70.6e9,
  layers: 80,
  attentionWidth: 64 * 128,
  kvHeads: 8,
  headSize: 128,
  bytesPerWeight: 2,
  bytesPerKvValue: 2,
  sparse: null,
};

/** Qwen/Qwen3-30B-A3B: 30.5 billion parameters of which a token uses 3.3, 48 layers, 8 of 128 experts a token. */
export const qwen30bA3b: Model = {
  name: "Qwen/Qwen3-30B-A3B",
  parameters: 30.5e9,
  layers: 48,
  attentionWidth: 32 * 128,
  kvHeads: 4,
  headSize: 128,
  bytesPerWeight: 2,
  bytesPerKvValue: 2,
  sparse: { activeParameters: 3.3e9, experts: 128, expertsPerToken: 8 },
};
