/**
 * Server-sent events out of bytes in any pieces, by the WHATWG rules. The parser is eventsource-parser's; this file gives
 * it text: a character whose bytes are split over two reads comes with the second of them.
 */
import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";

/** No more may come between the ends of two events. A stream that exceeds it is malformed. */
export const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/** The stream breaks a rule that cannot be passed over. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
}

export interface EventReader {
  /** @throws EventStreamError when an event is longer than MAX_EVENT_CHARACTERS. */
  feed(bytes: Uint8Array): void;
}

/** `onData` gets the data of each event, its lines joined with a line feed. */
export function createEventReader(onData: (data: string) => void): EventReader {
  const decoder = new StringDecoder("utf8");
  let waiting = 0;
  const parser = createParser({
    onEvent(event) {
      waiting = 0;
      onData(event.data);
    },
  });
  return {
    feed(bytes) {
      const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      // The parser's own limit counts what it keeps of an event's data: of millions of short lines, next to nothing.
      waiting += text.length;
      if (waiting > MAX_EVENT_CHARACTERS)
        throw new EventStreamError(`an event is longer than ${MAX_EVENT_CHARACTERS} characters`);
      parser.feed(text);
    },
  };
}
