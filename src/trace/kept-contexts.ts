/**
 * What an endpoint keeps for its clients: a request of OpenAI's responses can name an earlier reply, or a conversation,
 * and send only what is new. The names are kept as digests.
 */
import type { DecodedRequest } from "../endpoint/dialects/decoded-request.ts";
import type { Context, PlacedCall } from "./placement.ts";
import { createRecentMap } from "./recent-map.ts";
import type { Digests } from "./digests.ts";

interface Kept {
  call: PlacedCall;
  context: Context;
}

export interface KeptContexts {
  /** What the endpoint puts before the request's own turns; null where that is nothing, or was said before the run. */
  of(request: DecodedRequest): Kept | null;
  asked(request: DecodedRequest, call: PlacedCall, context: Context): void;
  replied(call: PlacedCall, replyId: string | null, context: Context): void;
}

export function createKeptContexts(digests: Digests): KeptContexts {
  const replies = createRecentMap<string, Kept>(mostKept);
  const conversations = createRecentMap<string, Kept>(mostKept);
  /** Which conversation a call is the latest of. */
  const latest = new WeakMap<PlacedCall, string>();
  const digestOf = (kind: string, id: string) => digests.value([kind, id]).digest;
  return {
    of({ previousReply, keptConversation }) {
      const reply = previousReply === null ? undefined : replies.get(digestOf("reply", previousReply));
      if (reply !== undefined) return reply;
      if (keptConversation === null) return null;
      return conversations.get(digestOf("conversation", keptConversation)) ?? null;
    },
    asked({ keptConversation }, call, context) {
      if (keptConversation === null) return;
      const key = digestOf("conversation", keptConversation);
      const before = conversations.get(key);
      if (before !== undefined) latest.delete(before.call);
      latest.set(call, key);
      conversations.set(key, { call, context });
    },
    replied(call, replyId, context) {
      if (replyId !== null) replies.set(digestOf("reply", replyId), { call, context });
      const key = latest.get(call);
      if (key !== undefined) conversations.set(key, { call, context });
    },
  };
}

/** Each holds the pieces of all that was said before it. */
const mostKept = 2000;
