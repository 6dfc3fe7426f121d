/** Follows the request of a model call, and reads it once it is whole. */
import type { DecodedRequest } from "../endpoint/dialects/decoded-request.ts";
import { isRecord } from "../endpoint/dialects/read-json.ts";
import { type ReadApi, readers } from "../endpoint/dialects/readers.ts";
import type { Interruptible } from "../interruptible.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import type { TextRow } from "../runs/schemas/text.ts";
import { type BodyMemory, createBodyBuffer, longestBody } from "./body-buffer.ts";
import { decompressWhole, encodingOf } from "./decompress.ts";
import type { RequestHead } from "./exchange.ts";
import { parseInPieces } from "./json-in-pieces.ts";
import { promptText } from "./prompt-text.ts";

export interface FollowedRequest {
  readonly bytes: number;
  readonly notUnderstood: ModelCall["not_understood"];
  /** Null unless it is to be kept, and could be read. */
  readonly prompt: TextRow["prompt"] | null;
  body(bytes: Uint8Array): void;
  lost(bytes: number): void;
  /** Null where it cannot be read. Its bytes are not kept after this. */
  read(): Interruptible<DecodedRequest | null>;
  /** It will not be read. */
  drop(): void;
}

export function followRequest(api: ReadApi, head: RequestHead, memory: BodyMemory, keepText: boolean): FollowedRequest {
  const buffer = createBodyBuffer(memory);
  const request = {
    bytes: 0,
    notUnderstood: null as ModelCall["not_understood"],
    prompt: null as TextRow["prompt"] | null,
    body(bytes: Uint8Array) {
      request.bytes += bytes.length;
      buffer.add(bytes);
    },
    lost(bytes: number) {
      request.bytes += bytes;
      buffer.drop();
    },
    drop: () => buffer.drop(),
    *read(): Interruptible<DecodedRequest | null> {
      const sent = buffer.take();
      if (sent === null) return notUnderstood("request_too_large");
      const encoding = encodingOf(head.headers);
      const plain = encoding === null ? sent : decompressWhole(encoding, sent, longestBody);
      if (plain === null) return notUnderstood("encoded");
      const body = yield* parse(plain);
      if (body === null) return notUnderstood("request_not_json");
      if (keepText) request.prompt = promptText(api, body);
      return yield* readers[api].request(body);
    },
  };
  function notUnderstood(why: NonNullable<ModelCall["not_understood"]>): null {
    request.notUnderstood = why;
    return null;
  }
  return request;
}

function* parse(bytes: Buffer): Interruptible<Record<string, unknown> | null> {
  try {
    const value = yield* parseInPieces(bytes);
    return isRecord(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
