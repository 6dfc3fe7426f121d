/**
 * Faults and habits of real servers, by name. `--fault NAME` sets one for every request; the header
 * `x-mimic-fault: NAME` for one request. NAME=VALUE gives its number, and several are separated by commas.
 */
import { type Behaviour, vllmBehaviour } from "./behaviour.ts";
import { ApiError } from "./api-error.ts";

export interface Fault {
  /** What the server does, in one line. */
  about: string;
  /** What VALUE means and is when it is not given; absent for a fault that takes none. */
  value?: { means: string; default: number };
  change(value: number): Partial<Behaviour>;
}

const afterEvents = { means: "events with tokens before it", default: 3 };

export const faults: Readonly<Record<string, Fault>> = {
  "role-event-first": {
    about: "an empty role event leaves with the head, long before the first token (by default it comes just before it)",
    change: () => ({ roleEvent: "with-head" }),
  },
  "tokens-per-event": {
    about: "several tokens in every event",
    value: { means: "tokens", default: 4 },
    change: (tokensPerEvent) => ({ tokensPerEvent: Math.max(1, Math.round(tokensPerEvent)) }),
  },
  "reasoning-then-content": {
    about: "half of the tokens as delta.reasoning_content, then content",
    change: () => ({ sections: "reasoning-then-content" }),
  },
  "reasoning-field-then-content": {
    about: "half of the tokens as delta.reasoning, as newer servers name it, then content",
    change: () => ({ sections: "reasoning-then-content", reasoningField: "reasoning" }),
  },
  "reasoning-only": {
    about: "every token is reasoning and no content follows",
    change: () => ({ sections: "reasoning-only" }),
  },
  "tool-calls-only": {
    about: "the reply is a tool call and has no content",
    change: () => ({ sections: "tool-calls-only" }),
  },
  "usage-own-event": {
    about: "usage in an event of its own without choices, where it was asked for (the default)",
    change: () => ({ usage: "own-event" }),
  },
  "usage-on-last": {
    about: "usage on the last event that has choices, asked for or not",
    change: () => ({ usage: "last-event" }),
  },
  "usage-every": {
    about: "usage so far on every event, asked for or not",
    change: () => ({ usage: "every-event" }),
  },
  "usage-never": { about: "no usage, even where it was asked for", change: () => ({ usage: "never" }) },
  "refuse-usage": { about: "answers 400 to a request with stream_options", change: () => ({ usage: "refused" }) },
  "no-done": { about: "the stream ends without [DONE]", change: () => ({ done: false }) },
  "empty-stream": { about: "only the role event and [DONE]", change: () => ({ sections: "empty" }) },
  "error-in-200": {
    about: "an error event in mid-stream, under status 200",
    value: afterEvents,
    change: (breakAfterEvents) => ({ breakBy: "error-event", breakAfterEvents }),
  },
  "http-429": {
    about: "answers 429 with Retry-After",
    value: { means: "seconds to wait", default: 1 },
    change: (seconds) => ({
      canned: new ApiError(429, "the mimic was told to limit you", { headers: { "retry-after": `${seconds}` } }),
    }),
  },
  "http-500": {
    about: "answers 500 and an error body",
    change: () => ({ canned: new ApiError(500, "the mimic was told to fail") }),
  },
  redirect: {
    about: "answers 302 to another host",
    change: () => ({ canned: { status: 302, headers: { location: "http://elsewhere.invalid/v1/models" }, body: "" } }),
  },
  html: {
    about: "answers 200 with a page of HTML",
    change: () => ({
      canned: {
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<!doctype html>\n<title>Sign in</title>\n<h1>Sign in to continue</h1>\n",
      },
    }),
  },
  "hang-before-head": { about: "takes the request and never answers", change: () => ({ canned: "hang" }) },
  "hang-mid-stream": {
    about: "falls silent in mid-stream with the connection open",
    value: afterEvents,
    change: (breakAfterEvents) => ({ breakBy: "hang", breakAfterEvents }),
  },
  "slow-head": {
    about: "holds back the head and all that follows",
    value: { means: "milliseconds", default: 3000 },
    change: (headDelayMs) => ({ headDelayMs }),
  },
  "byte-per-second": {
    about: "the body comes byte by byte, each in a packet of its own",
    value: { means: "milliseconds between two bytes", default: 1000 },
    change: (byteIntervalMs) => ({ byteIntervalMs }),
  },
  "reset-mid-stream": {
    about: "resets the connection in mid-stream",
    value: afterEvents,
    change: (breakAfterEvents) => ({ breakBy: "reset", breakAfterEvents }),
  },
  "truncated-chunk": {
    about: "ends the connection inside an HTTP chunk",
    value: afterEvents,
    change: (breakAfterEvents) => ({ breakBy: "truncated-chunk", breakAfterEvents }),
  },
  "truncated-stream": {
    about: "ends the connection after a whole event, without the last HTTP chunk",
    value: afterEvents,
    change: (breakAfterEvents) => ({ breakBy: "truncated-stream", breakAfterEvents }),
  },
  crlf: { about: "lines end with CR LF", change: () => ({ lineEnd: "\r\n" }) },
  "crlf-split": {
    about: "lines end with CR LF, and the two come in different packets",
    value: { means: "milliseconds between the packets", default: 20 },
    change: (splitPauseMs) => ({ lineEnd: "\r\n", split: "between-cr-and-lf", splitPauseMs }),
  },
  "multibyte-split": {
    about: "words of several bytes a character, and each event is cut inside a character",
    value: { means: "milliseconds between the packets", default: 20 },
    change: (splitPauseMs) => ({ multibyte: true, split: "inside-a-character", splitPauseMs }),
  },
  "close-idle": {
    about: "closes a kept-alive connection that has been idle for a while after a reply",
    value: { means: "milliseconds", default: 100 },
    change: (closeIdleMs) => ({ closeIdleMs }),
  },
};

/** @throws RangeError naming the fault that nobody knows or the value that is no number. */
export function behaviourFor(list: string): Behaviour {
  const items = list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  return items.reduce<Behaviour>((behaviour, item) => ({ ...behaviour, ...changeFor(item) }), vllmBehaviour);
}

function changeFor(item: string): Partial<Behaviour> {
  const [name = "", text] = item.split("=", 2);
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault === undefined)
    throw new RangeError(`no fault is called "${name}"; there are ${Object.keys(faults).join(", ")}`);
  if (text === undefined) return fault.change(fault.value?.default ?? 0);
  const value = Number(text);
  if (fault.value === undefined || text.trim() === "" || !(value >= 0))
    throw new RangeError(
      fault.value === undefined
        ? `fault ${name} takes no value`
        : `fault ${name} takes ${fault.value.means}, not "${text}"`,
    );
  return fault.change(value);
}
