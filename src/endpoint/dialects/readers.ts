/** Every API whose requests and replies are understood, read from the wire. */
import type { Interruptible } from "../../interruptible.ts";
import { chatReplies } from "./chat.ts";
import { readChatRequest } from "./chat-request.ts";
import { completionsReplies } from "./completions.ts";
import type { DecodedRequest } from "./decoded-request.ts";
import type { ReplyReader } from "./dialect.ts";
import { embeddingsReplies } from "./embeddings.ts";
import { messagesReplies } from "./messages.ts";
import { readMessagesRequest } from "./messages-request.ts";
import { readCompletionsRequest, readEmbeddingsRequest } from "./prompt-requests.ts";
import { responsesReplies } from "./responses.ts";
import { readResponsesRequest } from "./responses-request.ts";

interface Reader {
  /** The end of the path of a POST. */
  path: RegExp;
  request(body: Record<string, unknown>): Interruptible<DecodedRequest>;
  replies: ReplyReader;
}

export const readers = {
  chat: { path: /\/chat\/completions$/, request: readChatRequest, replies: chatReplies },
  completions: { path: /(?<!\/chat)\/completions$/, request: readCompletionsRequest, replies: completionsReplies },
  responses: { path: /\/responses$/, request: readResponsesRequest, replies: responsesReplies },
  // Threads of OpenAI's assistants have messages too.
  messages: { path: /(^|\/v1)\/messages$/, request: readMessagesRequest, replies: messagesReplies },
  embeddings: { path: /\/embeddings$/, request: readEmbeddingsRequest, replies: embeddingsReplies },
} satisfies Record<string, Reader>;
export type ReadApi = keyof typeof readers;

/** The API that a request speaks by its method and path; null for any other. */
export function apiOf(method: string, path: string): ReadApi | null {
  if (method !== "POST") return null;
  const [plain = ""] = path.split(/[?#]/, 1);
  const end = plain.replace(/\/+$/, "");
  const names = Object.keys(readers) as ReadApi[];
  return names.find((name) => readers[name].path.test(end)) ?? null;
}
