/** Has the engine compute a reply and sends it as the tokens come, or whole when the last one has. */
import { ApiError } from "./api-error.ts";
import type { ComposedReply } from "./compose-reply.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { HttpResponse } from "./http.ts";
import type { Mimic } from "./mimic.ts";
import { piecesOf } from "./reply.ts";
import type { TokensEvent } from "./simulation/events.ts";
import type { Api, Finish, ReplyContext, StreamEncoder, Usage } from "./wire/api.ts";

/** @throws ApiError when the engine cannot take the request. Nothing has been sent then. */
export function sendReply(
  mimic: Mimic,
  api: Api,
  composed: ComposedReply,
  context: ReplyContext,
  response: HttpResponse,
): void {
  const { reply, finish, blockHashes } = composed;
  const { ask, behaviour } = context;
  const encoder = ask.stream ? api.stream(context) : null;
  const told = new ApiError(500, "the mimic was told to fail in mid-stream");
  const delivery = createDelivery(response, behaviour, mimic, () => encoder?.fail(told) ?? []);
  const cancel = () => mimic.driver.cancel(reply.id);
  response.once("close", cancel);
  delivery.onBroken(cancel);
  // Before submitting: the head of a stream leaves at once, and the first token may come at once too.
  if (encoder !== null) delivery.beginStream();
  mimic.driver.submit(
    {
      ...{ id: reply.id, inputTokens: ask.inputTokens.length, outputTokens: reply.outputTokens },
      ...{ maxOutputTokens: ask.maxTokens, finish, blockHashes },
    },
    encoder === null ? wholeInto(api, context, finish, delivery) : streamInto(encoder, context, delivery),
  );
}

function streamInto(encoder: StreamEncoder, context: ReplyContext, delivery: Delivery): (event: TokensEvent) => void {
  const { reply, behaviour } = context;
  let opened = behaviour.roleEvent === "with-head";
  if (opened) delivery.send(encoder.open());
  let sent = 0;
  return ({ before, tokens, cachedTokens, transferredTokens, finish }) => {
    context.cachedTokens = cachedTokens + transferredTokens;
    if (!opened) delivery.send(encoder.open());
    opened = true;
    const ready = before + tokens;
    if (ready - sent < behaviour.tokensPerEvent && finish === null) return;
    const pieces = piecesOf(reply, sent, ready - sent);
    pieces.forEach((piece, i) => {
      sent += piece.tokens;
      const ending = i === pieces.length - 1 ? finish : null;
      delivery.send(encoder.piece(piece, ending, usageWithEvent(context, sent, ending)));
    });
    if (finish === null) return;
    delivery.send(encoder.close(finish, usageOfItsOwn(context)));
    if (behaviour.done) delivery.send(encoder.end(finish, usageAtTheEnd(context)));
    delivery.endStream();
  };
}

function wholeInto(api: Api, context: ReplyContext, finish: Finish, delivery: Delivery): (event: TokensEvent) => void {
  return (event) => {
    context.cachedTokens = event.cachedTokens + event.transferredTokens;
    if (event.finish === null) return;
    const body = JSON.stringify(api.whole(context, finish, usageAtTheEnd(context)));
    delivery.sendWhole(200, { "content-type": "application/json" }, body);
  };
}

function usageWithEvent(context: ReplyContext, sent: number, ending: Finish | null): Usage | null {
  const { usage } = context.behaviour;
  const everywhere = usage === "every-event" || (usage === "own-event" && context.ask.usageOnEveryEvent);
  return everywhere || (usage === "last-event" && ending !== null) ? usageOf(context, sent) : null;
}

function usageOfItsOwn(context: ReplyContext): Usage | null {
  const { usage } = context.behaviour;
  const wanted = context.ask.includeUsage && (usage === "own-event" || usage === "every-event");
  return wanted ? usageOf(context, context.reply.outputTokens) : null;
}

function usageAtTheEnd(context: ReplyContext): Usage | null {
  return context.behaviour.usage === "never" ? null : usageOf(context, context.reply.outputTokens);
}

function usageOf({ reply, ask, cachedTokens }: ReplyContext, sent: number): Usage {
  const inputTokens = ask.inputTokens.length;
  return { inputTokens, cachedTokens, outputTokens: sent, reasoningTokens: Math.min(sent, reply.reasoningTokens) };
}
