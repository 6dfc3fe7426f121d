/** Follows the reply to a model call: what it says and when, in memory that does not grow with its length. */
import type { DecodedEvent, ReplyReader, Usage } from "../endpoint/dialects/dialect.ts";
import { EventReader, EventStreamError } from "../endpoint/sse.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import type { FinishReason } from "../runs/schemas/request.ts";
import { type BodyBuffer, type BodyMemory, createBodyBuffer } from "./body-buffer.ts";
import { type CalledTools, createCalledTools } from "./called-tools.ts";
import { createDecompressor, type Decompressor, encodingOf } from "./decompress.ts";
import type { AssistantDigest } from "./digests.ts";
import { createTokenTimes, type TokenTimes } from "./token-times.ts";

export interface FollowedReply {
  readonly status: number | null;
  readonly firstByteMs: number | null;
  readonly bytes: number;
  readonly times: TokenTimes;
  readonly tools: CalledTools;
  readonly usage: Usage | null;
  readonly finishReason: FinishReason | null;
  readonly replyId: string | null;
  /** It came as an event stream. */
  readonly streamed: boolean;
  /** The API's own end has been read, and when. What happens to the connection after that takes nothing away. */
  readonly endedMs: number | null;
  /** Nothing more of what the agent can act on will come: it may go on before the connection says so. */
  readonly finishedMs: number | null;
  /** It holds an error where a reply should be. */
  readonly failed: boolean;
  readonly malformed: boolean;
  /** Nothing was said in it. */
  readonly empty: boolean;
  readonly notUnderstood: ModelCall["not_understood"];
  /** What was said, with `keepText`: reasoning and content in the order in which they came. */
  readonly text: string;
  head(status: number, headers: ReadonlyMap<string, string>, atMs: number): void;
  body(bytes: Uint8Array, atMs: number): void;
  lost(bytes: number): void;
  /** Reads what there is still to be read. A promise where that takes a while. @param complete the body came whole */
  end(complete: boolean): void | Promise<void>;
}

/** Of the text that is kept. */
const longestText = 16 * 1024 * 1024;

export function followReply(options: {
  replies: ReplyReader;
  said: AssistantDigest;
  memory: BodyMemory;
  keepText: boolean;
}): FollowedReply {
  const { replies, said, memory, keepText } = options;
  let events: EventReader | null = null;
  let whole: BodyBuffer | null = null;
  let decompressor: Decompressor | null = null;
  let readMs = NaN;

  const reply = {
    status: null as number | null,
    firstByteMs: null as number | null,
    bytes: 0,
    times: createTokenTimes(),
    tools: createCalledTools(),
    usage: null as Usage | null,
    finishReason: null as FinishReason | null,
    replyId: null as string | null,
    streamed: false,
    endedMs: null as number | null,
    finishedMs: null as number | null,
    failed: false,
    malformed: false,
    empty: true,
    notUnderstood: null as ModelCall["not_understood"],
    text: "",

    head(status: number, headers: ReadonlyMap<string, string>, atMs: number) {
      reply.status = status;
      reply.firstByteMs = atMs;
      // An error's body is its server's words: there is nothing in it for the trace.
      if (status < 200 || status >= 300) return;
      reply.streamed = /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");
      if (reply.streamed) events = new EventReader(onEvent());
      else whole = createBodyBuffer(memory);
      const encoding = encodingOf(headers);
      if (encoding === null) return;
      decompressor = createDecompressor(encoding, read);
      if (decompressor === null) giveUp("encoded");
    },
    body(bytes: Uint8Array, atMs: number) {
      reply.bytes += bytes.length;
      if (reply.notUnderstood !== null) return;
      if (decompressor === null) read(bytes, atMs);
      else decompressor.write(bytes, atMs);
    },
    lost(bytes: number) {
      reply.bytes += bytes;
      if (events !== null || whole !== null) giveUp("reply_too_large");
    },
    end(complete: boolean): void | Promise<void> {
      if (decompressor === null || reply.notUnderstood !== null) return readWhole(complete);
      return decompressor.end().then((isWhole) => {
        if (complete && !isWhole) giveUp("encoded");
        readWhole(complete);
      });
    },
  };

  function giveUp(why: NonNullable<ModelCall["not_understood"]>): void {
    reply.notUnderstood ??= why;
    events = null;
    whole?.drop();
    whole = null;
  }

  function read(bytes: Uint8Array, atMs: number): void {
    readMs = atMs;
    whole?.add(bytes);
    try {
      events?.feed(bytes);
    } catch (error) {
      if (!(error instanceof EventStreamError)) throw error;
      giveUp("reply_too_large");
    }
  }

  function onEvent(): (data: string) => void {
    const decode = replies.stream();
    return (data) => {
      if (reply.endedMs !== null || reply.failed || reply.malformed) return;
      if (data === "[DONE]") {
        reply.endedMs = readMs;
        reply.finishedMs ??= readMs;
        return;
      }
      const event = decoded(decode, data);
      if (event === null) reply.malformed = true;
      else {
        reply.times.add(event, readMs);
        take(event);
        if (event.finishReason !== null || event.ended) reply.finishedMs ??= readMs;
        if (event.ended) reply.endedMs = readMs;
      }
    };
  }

  function readWhole(complete: boolean): void {
    const body = whole?.take();
    if (body === undefined || !complete) return;
    if (body === null) return giveUp("reply_too_large");
    const event = body.length === 0 ? null : decoded((data) => replies.whole(data), body.toString("utf8"));
    if (event !== null) {
      take(event);
      // Embeddings say nothing, and are a reply all the same.
      if (event.ended || event.finishReason !== null) reply.empty = false;
    } else if (body.length > 0) giveUp("reply_not_json");
  }

  function take(event: DecodedEvent): void {
    reply.failed ||= event.failed;
    if (event.content !== "" || event.reasoning !== "" || event.tool) reply.empty = false;
    reply.finishReason ??= event.finishReason;
    reply.replyId ??= event.replyId;
    if (event.usage !== null) reply.usage = event.usage;
    if (event.content !== "") said.addText(event.content);
    for (const part of event.toolParts) reply.tools.add(part);
    if (!keepText || reply.text.length > longestText) return;
    reply.text += event.reasoning + event.content;
  }

  return reply;
}

function decoded(decode: (data: unknown) => DecodedEvent, text: string): DecodedEvent | null {
  try {
    return decode(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
