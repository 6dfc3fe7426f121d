import { MessageError } from "../../src/net/http1-message.ts";
import { ResponseReader } from "../../src/net/http1-reader.ts";
import { headerText, type Reading } from "./reading.ts";

let buffer = Buffer.alloc(64 * 1024);
/** A line feed, a digit, a carriage return, no character: what a reader could take for its own. */
const around = [0x0a, 0x31, 0x0d, 0xee];

/**
 * Feeds `bytes` cut at `cuts` (ascending), then the end of the connection. Every piece lies somewhere in one buffer, between
 * bytes of others, and is overwritten afterwards, as a connection's is: a reader that keeps a view of it, or looks beyond it,
 * is found out.
 */
export function readWithOurs(bytes: Buffer, cuts: readonly number[]): Reading {
  const reading: Reading = { status: null, headers: "", body: "", keepAlive: false, taken: 0, error: null };
  const reader = new ResponseReader({
    onHead({ status, headers }) {
      if (reading.status !== null) reading.error = "a second head";
      reading.status = status;
      reading.headers = headerText(headers);
    },
    onBody(piece, from, to) {
      if (to <= from || reading.status === null) reading.error = "an empty piece, or one before the head";
      reading.body += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("latin1", from, to);
    },
  });
  if (buffer.length < bytes.length + 32) buffer = Buffer.alloc(bytes.length * 2 + 32);
  try {
    for (let index = 0, from = 0; index <= cuts.length; index++) {
      const to = cuts[index] ?? bytes.length;
      const at = index & 15;
      buffer.fill(around[index & 3] as number, 0, to - from + 32);
      bytes.copy(buffer, at, from, to);
      reading.taken += reader.feed(buffer, at, at + to - from);
      buffer.fill(0xee, at, at + to - from);
      from = to;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    reading.error = `${error.kind}: ${error.message}`;
    // How far the faulty piece was looked at depends on where it was cut.
    reading.taken = -1;
  }
  reading.keepAlive = reader.keepAlive;
  return reading;
}
