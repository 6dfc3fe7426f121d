/** A client of raw bytes: what it says, and all that it hears, to be compared byte for byte. */
import { connect } from "node:net";
import { sleep } from "../src/clock.ts";

export interface Heard {
  /** One character for each byte. */
  text: string;
  /** How the other side ended; `me` when this client hung up first. */
  end: "orderly" | "reset" | "me";
}

/** Written as they are, one after the other; a number is a pause in milliseconds. */
export type Say = readonly (string | Uint8Array | number)[];

/**
 * Says `say`, and hears until the other side ends.
 * @param until once this stands in what was heard: `hang up` (close), `half-close`, or go on with `then`
 */
export function talk(
  port: number,
  say: Say,
  until?: { heard: RegExp; act: "hang up" | "half-close" | { say: Say } },
): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let text = "";
    let end: Heard["end"] = "orderly";
    let acted = until === undefined;
    const write = async (parts: Say) => {
      for (const part of parts) {
        if (typeof part === "number") await sleep(part);
        else if (socket.writable) socket.write(part);
      }
    };
    socket.once("connect", () => void write(say));
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (acted || !until?.heard.test(text)) return;
      acted = true;
      if (until.act === "half-close") socket.end();
      else if (until.act !== "hang up") void write(until.act.say);
      else {
        end = "me";
        socket.destroy();
      }
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {
      end = "reset";
    });
    socket.on("close", () => resolve({ text, end }));
  });
}
