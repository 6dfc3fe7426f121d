/** Bodies that nobody should send: whatever they hold, the recorder goes on, and writes rows that are of the schema. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { events, eventStream, startRecording } from "./recorder.fixture.ts";

const paths = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"];

/** Names that the decoders look for, so that the odd values stand where they are read. */
const names = [
  ...[
    "model",
    "messages",
    "role",
    "content",
    "tools",
    "tool_calls",
    "function",
    "arguments",
    "name",
    "id",
    "call_id",
    "input",
  ],
  ...[
    "type",
    "text",
    "choices",
    "delta",
    "message",
    "usage",
    "index",
    "finish_reason",
    "output",
    "item",
    "response",
    "error",
  ],
  ...[
    "content_block",
    "system",
    "instructions",
    "previous_response_id",
    "conversation",
    "tool_choice",
    "status",
    "partial_json",
  ],
];
const words = [
  ...[
    "user",
    "assistant",
    "system",
    "tool",
    "text",
    "tool_use",
    "tool_result",
    "function_call",
    "function_call_output",
  ],
  ...[
    "content_block_start",
    "content_block_delta",
    "input_json_delta",
    "message_start",
    "message_delta",
    "response.completed",
  ],
  ...[
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "__proto__",
    "constructor",
    "toString",
    "",
  ],
];
const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 8 }),
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(...words, null, true, -1, 0, 1.5, 1e308, 2 ** 60),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
    tie("object"),
  ),
}));
const { object } = { object: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 10 }) };

describe("odd bodies", () => {
  it("break nothing, in any API, streamed or whole", async () => {
    const exchange = fc.record({
      path: fc.constantFrom(...paths),
      request: object,
      reply: fc.array(object, { maxLength: 5 }),
      stream: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(exchange, { minLength: 1, maxLength: 4 }), async (exchanges) => {
        const run = startRecording({ text: true });
        for (const { path, request, reply, stream } of exchanges)
          run.tell({
            path,
            request,
            reply: stream ? events(...reply) : JSON.stringify(reply[0] ?? 1),
            replyHeaders: stream ? eventStream : { "content-type": "application/json" },
          });
        await run.finish();
        expect(run.calls()).toHaveLength(exchanges.length);
        const ids = run.nodes().map(({ id }) => id);
        expect(ids).toEqual(ids.map((_, index) => index));
        expect(run.nodes().filter(({ parent, id }) => (parent ?? -1) >= id)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("may be any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        async (request, reply, stream) => {
          const run = startRecording();
          run.tell({
            request,
            reply: [reply],
            replyHeaders: stream ? eventStream : { "content-type": "application/json" },
          });
          await run.finish();
          expect(run.calls()).toHaveLength(1);
        },
      ),
      { numRuns: 200 },
    );
  });
});
