/** Decides what the reply to a request will be: how long, how it ends, what it says. All of it from the seed. */
import { seededRandom } from "../random.ts";
import { ApiError } from "./api-error.ts";
import type { Behaviour } from "./behaviour.ts";
import { createReply, type Reply, replyKey } from "./reply.ts";
import type { Mimic } from "./mimic.ts";
import { blockHashes } from "./tokens.ts";
import type { Ask, Finish } from "./wire/api.ts";
import { multibyteWords, plainWords } from "./words.ts";

export interface ComposedReply {
  reply: Reply;
  finish: Finish;
  /** Of the prompt and the reply after it. */
  blockHashes: number[];
}

/** @throws ApiError with status 400 when prompt and limit are more than the engine can hold. */
export function composeReply(mimic: Mimic, path: string, body: string, ask: Ask, behaviour: Behaviour): ComposedReply {
  const key = replyKey(mimic.seed, path, body);
  const occurrence = mimic.occurrences.get(key) ?? 0;
  mimic.occurrences.set(key, occurrence + 1);
  const { outputTokens, finish } = lengthOf(mimic, key, ask, behaviour);
  const words = behaviour.multibyte ? multibyteWords : plainWords;
  const { sections } = behaviour;
  const reply = createReply({ key, occurrence, outputTokens, sections, tool: ask.tool, words });
  const said = reply.sections.flatMap(({ texts }) => texts.map((text) => text.trim()));
  const hashes = blockHashes([...ask.inputTokens, ...said], mimic.profile.kvCache.blockTokens);
  return { reply, finish, blockHashes: hashes };
}

function lengthOf(mimic: Mimic, key: string, ask: Ask, behaviour: Behaviour): { outputTokens: number; finish: Finish } {
  const inputTokens = ask.inputTokens.length;
  const room = mimic.simulation.maxTokens - inputTokens;
  const limit = ask.maxTokens ?? room;
  if (inputTokens === 0) throw new ApiError(400, "the prompt is empty");
  if (limit > room)
    throw new ApiError(
      400,
      `this model's maximum context length is ${mimic.simulation.maxTokens} tokens, and ${inputTokens} of input and ${limit} of output were asked for`,
    );
  if (behaviour.sections === "empty" || limit === 0) return { outputTokens: 0, finish: "stop" };
  if (ask.ignoreEos) return { outputTokens: limit, finish: "length" };
  const natural = Math.max(naturalLength(mimic, key), ask.minTokens);
  return natural < limit ? { outputTokens: natural, finish: "stop" } : { outputTokens: limit, finish: "length" };
}

/** Log-normal: mean × exp(sigma × z - sigma² / 2) has the mean that the profile names. */
function naturalLength({ profile }: Mimic, key: string): number {
  const { meanTokens, sigma } = profile.reply;
  const z = seededRandom(key, "length").normal();
  return Math.max(1, Math.round(meanTokens * Math.exp(sigma * z - (sigma * sigma) / 2)));
}
