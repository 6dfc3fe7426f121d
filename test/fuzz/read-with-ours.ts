import { MessageError } from "../../src/net/http1-message.ts";
import { ResponseReader } from "../../src/net/http1-reader.ts";
import { headerText, type Reading } from "./reading.ts";

let buffer = Buffer.alloc(64 * 1024);

/**
 * Feeds `bytes` cut at `cuts` (ascending), then the end of the connection. Every piece lies in one buffer that is
 * overwritten afterwards, as a connection's is: a reader that keeps a view of it is found out.
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
  if (buffer.length < bytes.length) buffer = Buffer.alloc(bytes.length * 2);
  try {
    for (let index = 0, from = 0; index <= cuts.length; index++) {
      const to = cuts[index] ?? bytes.length;
      bytes.copy(buffer, 0, from, to);
      reading.taken += reader.feed(buffer.subarray(0, to - from));
      buffer.fill(0xee, 0, to - from);
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
