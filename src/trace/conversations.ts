/**
 * Which call follows which, from what the requests hold: a request that begins with all that an earlier one held, and
 * with the reply to it, goes on with that conversation. It knows digests only.
 */
import type { DecodedRequest, Turn } from "../endpoint/dialects/decoded-request.ts";
import type { Interruptible } from "../interruptible.ts";
import type { Digests, Piece } from "./digests.ts";
import { createKeptContexts } from "./kept-contexts.ts";
import { createNumbers } from "./numbers.ts";
import type { Context, Place, PlacedCall, Placement } from "./placement.ts";
import { createRecentMap, type RecentMap } from "./recent-map.ts";

export interface Conversations {
  /** @param asker the call whose tools the request brings the results of */
  place(api: string, request: DecodedRequest, asker: PlacedCall | null): Interruptible<Placement>;
  /** The reply to a call: what a continuation begins with. @returns its piece; null where nothing was said */
  reply(
    call: PlacedCall,
    asked: Context,
    reply: { said: Piece | null; id: string | null },
  ): Context["pieces"][number] | null;
}

/** One turn of a request. `turns` and `whole` stand for everything up to it, without the system prompt and with it. */
interface Step {
  turn: Turn;
  bytes: number;
  turns: number;
  whole: string;
}

export function createConversations(digests: Digests): Conversations {
  const systems = createNumbers(mostKnown);
  const turnChains = createNumbers(mostKnown);
  const ids = createNumbers(mostKnown);
  /** By the id of a piece: the first call that held it. */
  const firstHolders = createRecentMap<number, PlacedCall>(mostKnown);
  const byInput: CallsBy = createRecentMap(mostKnown);
  const byReply: CallsBy = createRecentMap(mostKnown);
  const byReplyTurns: CallsBy = createRecentMap(mostKnown);
  const systemsOf = createRecentMap<number, Set<number>>(mostKnown);
  const kept = createKeptContexts(digests);
  const noTurns = turnChains.of("");

  /** A piece of its own, after what `turns` stands for. */
  const after = (turns: number, piece: Piece) => turnChains.of(`${turns} ${piece.digest}`);
  const wholeOf = (system: number, turns: number) => `${system}/${turns}`;

  function* stepsOf(given: readonly Turn[], start: Context): Interruptible<Step[]> {
    let { turns } = start;
    const steps: Step[] = [];
    for (const turn of given) {
      yield;
      const piece = yield* digests.turn(turn);
      if (piece === null) continue;
      turns = after(turns, piece);
      steps.push({ turn, bytes: piece.bytes, turns, whole: wholeOf(start.system, turns) });
    }
    return steps;
  }

  /** The longest beginning that is an earlier call's whole input, with or without its reply. */
  function* longestMatch(steps: readonly Step[]): Interruptible<{ call: PlacedCall; held: number } | null> {
    for (let held = steps.length; held > 0; held--) {
      if (held % someSteps === 0) yield;
      const { whole, turns } = steps[held - 1] as Step;
      const id = ids.known(whole);
      const call = best(byReply, id) ?? best(byReplyTurns, turns) ?? best(byInput, id);
      if (call !== undefined) return { call, held };
    }
    return null;
  }

  function* placeOf(
    steps: readonly Step[],
    { from, asker, before }: { from: PlacedCall | null; asker: PlacedCall | null; before: number },
  ): Interruptible<{ place: Place; held: number }> {
    const knownIds = yield* eachOf(steps, ({ whole }) => ids.known(whole));
    const same = byInput.get(knownIds.at(-1) ?? -1)?.at(-1);
    if (same !== undefined) return { place: { kind: "repeats", call: same }, held: steps.length };
    const differs = knownIds.indexOf(undefined);
    const shared = differs < 0 ? steps.length : differs;
    const match = from === null ? yield* longestMatch(steps) : { call: from, held: 0 };
    if (match !== null) {
      const { call } = match;
      const { continuedBy: of, conversation } = call;
      if (of === null) return { place: { kind: "continues", call }, held: match.held };
      const held = Math.max(match.held, shared);
      return { place: { kind: "branches", call, of, conversation, sharedPieces: held + before }, held };
    }
    // What was said is changed: it is the same conversation as long as the user's first words are.
    const firstOfUser = steps.findIndex(({ turn }) => turn.by === "user");
    const holder = firstHolders.get(knownIds[shared - 1] ?? -1);
    if (firstOfUser < 0 || shared <= firstOfUser || holder === undefined)
      return changedOrNew(steps, shared, asker, before);
    const { node: of, conversation } = holder;
    return { place: { kind: "branches", call: null, of, conversation, sharedPieces: shared + before }, held: shared };
  }

  /** A history of which the beginning is gone is known by the tools that it answers. */
  function changedOrNew(steps: readonly Step[], shared: number, asker: PlacedCall | null, before: number) {
    if (asker === null) return { place: { kind: "begins" as const }, held: 0 };
    const { node, conversation, continuedBy } = asker;
    const place: Place = {
      kind: "branches",
      call: asker,
      of: continuedBy ?? node,
      conversation,
      sharedPieces: shared + before,
    };
    return { place, held: Math.max(shared, steps.findLastIndex(({ turn }) => turn.by === "assistant") + 1) };
  }

  return {
    *place(api, request, asker) {
      const prompt = request.system.length === 0 ? null : yield* digests.longValue(request.system);
      // The same words said to another API are another input.
      const system = systems.of(`${api} ${prompt?.digest ?? ""}`);
      const from = kept.of(request);
      const start = from?.context ?? { system, turns: noTurns, pieces: beginningWith(system, prompt) };
      const steps = yield* stepsOf(request.turns, start);
      const { place, held } = yield* placeOf(steps, { from: from?.call ?? null, asker, before: start.pieces.length });
      const context: Context = {
        system: start.system,
        turns: steps.at(-1)?.turns ?? start.turns,
        pieces: [
          ...start.pieces,
          ...(yield* eachOf(steps, ({ whole, bytes }): [number, number] => [ids.of(whole), bytes])),
        ],
      };
      const conversationBefore = conversationOf(place);
      const had = conversationBefore === null ? undefined : systemsOf.get(conversationBefore);
      return {
        place,
        news: steps.slice(held),
        newSystemBytes: prompt === null || had?.has(system) ? null : prompt.bytes,
        context,
        *settle(node, conversation) {
          const previous = place.kind === "begins" ? null : place.kind === "repeats" ? place.call.after : place.call;
          const turn = previous === null ? 0 : previous.turn + 1;
          const call: PlacedCall = { node, conversation, turn, after: previous, continuedBy: null, ended: null };
          if (previous !== null && place.kind !== "repeats") previous.continuedBy ??= node;
          yield* eachOf(context.pieces, ([id]) => {
            if (firstHolders.get(id) === undefined) firstHolders.set(id, call);
          });
          if (steps.length > 0) add(byInput, context.pieces.at(-1)?.[0] ?? -1, call);
          if (prompt !== null) systemsOf.set(conversation, new Set([...(systemsOf.get(conversation) ?? []), system]));
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
      const turns = after(asked.turns, said);
      const piece: [number, number] = [ids.of(wholeOf(asked.system, turns)), said.bytes];
      add(byReply, piece[0], call);
      add(byReplyTurns, turns, call);
      kept.replied(call, id, { system: asked.system, turns, pieces: [...asked.pieces, piece] });
      return piece;
    },
  };

  function beginningWith(system: number, prompt: Piece | null): [number, number][] {
    return prompt === null ? [] : [[ids.of(wholeOf(system, noTurns)), prompt.bytes]];
  }
}

function* eachOf<Item, Result>(items: readonly Item[], make: (item: Item) => Result): Interruptible<Result[]> {
  const made: Result[] = [];
  for (const item of items) {
    if (made.push(make(item)) % someSteps === 0) yield;
  }
  return made;
}

/** Look-ups that are made at once. */
const someSteps = 256;

/** Pieces, and calls, of which it is known what follows them. What nothing comes back to is forgotten after as many others. */
const mostKnown = 50_000;

/** The same input again and again is of no use beyond this. */
const mostAlike = 16;

type CallsBy = RecentMap<number, PlacedCall[]>;

/** The latest that nobody has gone on from: the replies to a request that was made twice can be alike. */
function best(by: CallsBy, id: number | undefined): PlacedCall | undefined {
  const calls = id === undefined ? undefined : by.get(id);
  return calls?.findLast(({ continuedBy }) => continuedBy === null) ?? calls?.at(-1);
}

function conversationOf(place: Place): number | null {
  if (place.kind === "begins") return null;
  return place.kind === "branches" ? place.conversation : place.call.conversation;
}

function add(by: CallsBy, id: number, call: PlacedCall): void {
  by.set(id, [...(by.get(id) ?? []), call].slice(-mostAlike));
}
