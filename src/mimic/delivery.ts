/**
 * Puts a reply on the wire as its behaviour says, down to the bytes: where an event is cut, how a stream breaks, how
 * fast the bytes go. Everything after a break is swallowed, as it is by a server that has crashed.
 */
import type { HttpResponse } from "./http.ts";
import { monotonicNs } from "../clock.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Mimic } from "./mimic.ts";
import { createPacedQueue } from "./paced-queue.ts";
import { drippingSink, politeSink, type Sink } from "./sink.ts";
import type { Frame } from "./wire/api.ts";

export interface Delivery {
  /** The head of an event stream. */
  beginStream(): void;
  /** Server-sent events, each in a write of its own. */
  send(frames: readonly Frame[]): void;
  endStream(): void;
  /** A body of known length. */
  sendWhole(status: number, headers: Readonly<Record<string, string>>, body: string): void;
  /** Called once, when the behaviour's break has happened. */
  onBroken(act: () => void): void;
}

export function createDelivery(
  response: HttpResponse,
  behaviour: Behaviour,
  { ledger, recordWrites }: Pick<Mimic, "ledger" | "recordWrites">,
  errorFrames: () => readonly Frame[] = () => [],
): Delivery {
  const queue = createPacedQueue();
  const dripping = behaviour.byteIntervalMs !== null;
  let sink: Sink = politeSink(response);
  let eventsWithTokens = 0;
  let broken = false;
  let notify = () => {};
  response.once("close", () => queue.clear());

  const sendHead = (status: number, headers: Readonly<Record<string, string>>) => {
    // A date would make two runs of one seed differ.
    response.sendDate = false;
    response.writeHead(status, dripping ? { ...headers, connection: "close" } : headers);
    response.flushHeaders();
    if (behaviour.byteIntervalMs !== null)
      sink = drippingSink(response, behaviour.byteIntervalMs, headers["content-length"] === undefined);
  };

  const writeSplit = (bytes: Buffer) => {
    const cuts = cutsOf(bytes, behaviour);
    [0, ...cuts].forEach((from, i) => {
      queue.push(i === 0 ? 0 : behaviour.splitPauseMs, () => sink.write(bytes.subarray(from, cuts[i])));
    });
  };

  const breakNow = () => {
    broken = true;
    queue.push(0, () => {
      if (behaviour.breakBy === "error-event") {
        for (const frame of errorFrames()) sink.write(Buffer.from(eventText(frame, behaviour)));
        sink.end();
      } else {
        breakConnection(response, behaviour);
      }
      notify();
    });
  };

  const sendOne = (frame: Frame) => {
    if (broken) return;
    const tokens = frame.tokens ?? 0;
    ledger.written.events++;
    ledger.written.tokens += tokens;
    const text = eventText(frame, behaviour);
    if (recordWrites && tokens > 0 && behaviour.split === "nowhere") queue.push(0, () => sink.write(stamped(text)));
    else writeSplit(Buffer.from(text));
    if (tokens === 0) return;
    eventsWithTokens++;
    if (behaviour.breakBy !== null && eventsWithTokens >= behaviour.breakAfterEvents) breakNow();
  };

  return {
    beginStream() {
      queue.push(behaviour.headDelayMs, () =>
        sendHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" }),
      );
    },
    send(frames) {
      for (const frame of frames) sendOne(frame);
    },
    endStream() {
      if (!broken) queue.push(0, () => sink.end());
    },
    sendWhole(status, headers, body) {
      const bytes = Buffer.from(body);
      queue.push(behaviour.headDelayMs, () => sendHead(status, { ...headers, "content-length": `${bytes.length}` }));
      if (behaviour.breakBy !== null && behaviour.breakBy !== "error-event" && status === 200) {
        queue.push(0, () => sink.write(bytes.subarray(0, bytes.length >> 1)));
        breakNow();
        return;
      }
      queue.push(0, () => {
        if (bytes.length > 0) sink.write(bytes);
        sink.end();
      });
    },
    onBroken(act) {
      notify = act;
    },
  };
}

function eventText({ event, data }: Frame, { lineEnd }: Behaviour): string {
  const name = event === undefined ? "" : `event: ${event}${lineEnd}`;
  return `${name}data: ${data === "[DONE]" ? data : JSON.stringify(data)}${lineEnd}${lineEnd}`;
}

/** The event with the present moment as the first member of its data. */
function stamped(text: string): Buffer {
  const members = text.indexOf("data: {") + "data: {".length;
  return Buffer.from(`${text.slice(0, members)}"mimic_written_ns":"${monotonicNs()}",${text.slice(members)}`);
}

/** Where an event is cut into several writes: at each CR LF, or once inside its first character of several bytes. */
function cutsOf(bytes: Buffer, { split }: Behaviour): number[] {
  if (split === "between-cr-and-lf") return [...bytes.keys()].filter((i) => bytes[i] === 0x0a && bytes[i - 1] === 0x0d);
  const inside = split === "inside-a-character" ? bytes.findIndex((byte) => (byte & 0xc0) === 0x80) : -1;
  return inside < 0 ? [] : [inside];
}

function breakConnection(response: HttpResponse, { breakBy }: Behaviour): void {
  const { socket } = response;
  if (breakBy === "reset") return void socket?.resetAndDestroy();
  if (breakBy === "hang") return;
  // Promises 64 bytes and gives 12; where the length is in the head, the half of the body that is missing does it.
  if (breakBy === "truncated-chunk" && response.getHeader("content-length") === undefined)
    socket?.write('40\r\ndata: {"id":"');
  socket?.end();
}
