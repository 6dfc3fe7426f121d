/** Where a model call stands among the others: types only. */
import type { Turn } from "../endpoint/dialects/decoded-request.ts";
import type { Interruptible } from "../interruptible.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";

/** A model call, as far as others can follow it. */
export interface PlacedCall {
  /** Its node. */
  readonly node: number;
  readonly conversation: number;
  /** Model calls before it on its way. */
  readonly turn: number;
  /** The call before it; null at a conversation's beginning. */
  readonly after: PlacedCall | null;
  /** The node that was the first to go on from its reply. */
  continuedBy: number | null;
  /** How it ended, and when; null while it goes on. */
  ended: { status: ModelCall["status"]; atMs: number } | null;
}

/** All that an endpoint has before it replies, or before a next request adds to it, as numbers that stand for it. */
export interface Context {
  /** The system prompt and tools. */
  system: number;
  /** All turns. */
  turns: number;
  /** Ids of the pieces; the last one stands for everything. */
  pieces: readonly [id: number, bytes: number][];
}

/** What a request is to the calls before it. `of`: the node of the call that was there first. */
export type Place =
  | { kind: "begins" }
  | { kind: "continues"; call: PlacedCall }
  | { kind: "branches"; call: PlacedCall | null; of: number; conversation: number; sharedPieces: number }
  | { kind: "repeats"; call: PlacedCall };

export interface Placement {
  place: Place;
  /** Turns that no earlier call of the conversation held. */
  news: { turn: Turn; bytes: number }[];
  /** Bytes of the system prompt and tools, where the conversation did not have them before. */
  newSystemBytes: number | null;
  context: Context;
  /** Once the call has its node and its conversation, others can follow it. */
  settle(node: number, conversation: number): Interruptible<PlacedCall>;
}
