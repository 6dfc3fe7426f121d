/**
 * Which call follows which, from what the requests hold: a request that begins with all that an earlier one held, and
 * with the reply to it, goes on with that conversation. It knows digests only.
 */
import type { DecodedRequest, Turn } from "../endpoint/dialects/decoded-request.ts";
import type { Digests, Piece } from "./digests.ts";
import { createKeptContexts } from "./kept-contexts.ts";
import type { Context, Place, PlacedCall, Placement } from "./placement.ts";

export interface Conversations {
  place(request: DecodedRequest): Placement;
  /** The reply to a call: what a continuation begins with. @returns its piece; null where nothing was said */
  reply(
    call: PlacedCall,
    asked: Context,
    reply: { said: Piece | null; id: string | null },
  ): Context["pieces"][number] | null;
}

/** One turn of a request, and everything up to it. */
interface Step extends Omit<Context, "pieces"> {
  turn: Turn;
  bytes: number;
}

export function createConversations(digests: Digests): Conversations {
  const ids = new Map<string, number>();
  /** By the id of a piece. */
  const firstHolders: PlacedCall[] = [];
  const byInput = new Map<string, PlacedCall[]>();
  const byReply = new Map<string, PlacedCall[]>();
  const byReplyWithoutSystem = new Map<string, PlacedCall[]>();
  const systems = new Map<number, Set<string>>();
  const kept = createKeptContexts(digests);

  const pieceOf = (chain: string, bytes: number): [id: number, bytes: number] => {
    const id = ids.get(chain) ?? ids.size;
    ids.set(chain, id);
    return [id, bytes];
  };

  function stepsOf(turns: readonly Turn[], start: Context): Step[] {
    let { chain, chainWithoutSystem } = start;
    return turns.flatMap((turn) => {
      const piece = digests.turn(turn);
      if (piece === null) return [];
      chain = digests.chain(chain, piece);
      chainWithoutSystem = digests.chain(chainWithoutSystem, piece);
      return [{ turn, bytes: piece.bytes, chain, chainWithoutSystem }];
    });
  }

  /** The longest beginning that is an earlier call's whole input, with or without its reply. */
  function longestMatch(steps: readonly Step[]): { call: PlacedCall; held: number } | null {
    for (let held = steps.length; held > 0; held--) {
      const { chain, chainWithoutSystem } = steps[held - 1] as Step;
      const call =
        best(byReply.get(chain)) ?? best(byReplyWithoutSystem.get(chainWithoutSystem)) ?? best(byInput.get(chain));
      if (call !== undefined) return { call, held };
    }
    return null;
  }

  function placeOf(steps: readonly Step[], from: PlacedCall | null, before: number): { place: Place; held: number } {
    const last = steps.at(-1);
    const same = last === undefined ? undefined : byInput.get(last.chain)?.at(-1);
    if (same !== undefined) return { place: { kind: "repeats", call: same }, held: steps.length };
    const differs = steps.findIndex(({ chain }) => !ids.has(chain));
    const shared = differs < 0 ? steps.length : differs;
    const match = from === null ? longestMatch(steps) : { call: from, held: 0 };
    if (match !== null) {
      const { call } = match;
      const { continuedBy: of, conversation } = call;
      if (of === null) return { place: { kind: "continues", call }, held: match.held };
      const held = Math.max(match.held, shared);
      return { place: { kind: "branches", call, of, conversation, sharedPieces: held + before }, held };
    }
    // What was said is changed: it is the same conversation as long as the user's first words are.
    const firstOfUser = steps.findIndex(({ turn }) => turn.by === "user");
    if (firstOfUser < 0 || shared <= firstOfUser) return { place: { kind: "begins" }, held: 0 };
    const [id] = pieceOf((steps[shared - 1] as Step).chain, 0);
    const { node: of, conversation } = firstHolders[id] as PlacedCall;
    return {
      place: { kind: "branches", call: null, of, conversation, sharedPieces: shared + before },
      held: shared,
    };
  }

  return {
    place(request) {
      const system = request.system.length === 0 ? null : digests.value(request.system);
      const from = kept.of(request);
      const start = from?.context ?? beginningWith(system);
      const steps = stepsOf(request.turns, start);
      const { place, held } = placeOf(steps, from?.call ?? null, start.pieces.length);
      const last = steps.at(-1) ?? start;
      const context: Context = {
        chain: last.chain,
        chainWithoutSystem: last.chainWithoutSystem,
        pieces: [...start.pieces, ...steps.map(({ chain, bytes }) => pieceOf(chain, bytes))],
      };
      const conversationBefore = conversationOf(place);
      const known = conversationBefore === null ? undefined : systems.get(conversationBefore);
      return {
        place,
        news: steps.slice(held).map(({ turn }) => turn),
        newSystem: system === null || known?.has(system.digest) ? null : system,
        context,
        settle(node, conversation) {
          const after = place.kind === "begins" ? null : place.kind === "repeats" ? place.call.after : place.call;
          const call = { node, conversation, turn: after === null ? 0 : after.turn + 1, after, continuedBy: null };
          if (after !== null && place.kind !== "repeats") after.continuedBy ??= node;
          for (const [id] of context.pieces) firstHolders[id] ??= call;
          if (steps.length > 0) add(byInput, context.chain, call);
          if (system !== null)
            systems.set(conversation, new Set([...(systems.get(conversation) ?? []), system.digest]));
          kept.asked(request, call, context);
          return call;
        },
      };
    },

    reply(call, asked, { said, id }) {
      if (said === null) {
        kept.replied(call, id, asked);
        return null;
      }
      const chain = digests.chain(asked.chain, said);
      const chainWithoutSystem = digests.chain(asked.chainWithoutSystem, said);
      add(byReply, chain, call);
      add(byReplyWithoutSystem, chainWithoutSystem, call);
      const piece = pieceOf(chain, said.bytes);
      kept.replied(call, id, { chain, chainWithoutSystem, pieces: [...asked.pieces, piece] });
      return piece;
    },
  };

  function beginningWith(system: Piece | null): Context {
    if (system === null) return { chain: "", chainWithoutSystem: "", pieces: [] };
    const chain = digests.chain("", system);
    return { chain, chainWithoutSystem: "", pieces: [pieceOf(chain, system.bytes)] };
  }
}

/** The latest that nobody has gone on from: the replies to a request that was made twice can be alike. */
function best(calls: readonly PlacedCall[] | undefined): PlacedCall | undefined {
  return calls?.findLast(({ continuedBy }) => continuedBy === null) ?? calls?.at(-1);
}

function conversationOf(place: Place): number | null {
  if (place.kind === "begins") return null;
  return place.kind === "branches" ? place.conversation : place.call.conversation;
}

function add<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
