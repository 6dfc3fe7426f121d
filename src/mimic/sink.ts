/** Where the bytes of a body go. Each write leaves on its own: node:http gathers the writes of one tick, these do not. */
import type { HttpResponse } from "./http.ts";

export interface Sink {
  write(bytes: Buffer): void;
  /** The body is whole. */
  end(): void;
}

export function politeSink(response: HttpResponse): Sink {
  return {
    write(bytes) {
      response.write(bytes);
      response.socket?.uncork();
    },
    end: () => response.end(),
  };
}

/**
 * Byte by byte, in HTTP chunks framed by hand so that even the framing drips; only the last chunk comes in one piece. The
 * head must have left, with `connection: close`.
 */
export function drippingSink(response: HttpResponse, intervalMs: number, chunked: boolean): Sink {
  let waiting: Buffer[] = [];
  let offset = 0;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const drip = () => {
    timer = undefined;
    const { socket } = response;
    if (socket === null || socket.destroyed) return;
    const head = waiting[0];
    if (head === undefined) {
      if (ended) response.end();
      return;
    }
    socket.write(head.subarray(offset, offset + 1));
    offset++;
    if (offset >= head.length) {
      waiting = waiting.slice(1);
      offset = 0;
    }
    timer = setTimeout(drip, intervalMs);
  };
  return {
    write(bytes) {
      waiting.push(chunked ? chunk(bytes) : bytes);
      if (timer === undefined) drip();
    },
    end() {
      ended = true;
      if (timer === undefined) drip();
    },
  };
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}
