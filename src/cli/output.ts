/** One standard stream: writes are in order, a reader that went away is no error, and the last byte can be waited for. */
import { systemErrorCode } from "../errors.ts";

export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export interface Output {
  write(this: void, text: string): void;
  /** Resolves once everything is written or given up; to the first failure that is not the reader's going away. */
  flush(): Promise<Error | null>;
}

export function createOutput(stream: OutputStream): Output {
  let broken = false;
  let failure: Error | null = null;
  let pending = Promise.resolve();

  const onError = (error: Error) => {
    broken = true;
    // EPIPE: the other end of a pipe closed, as `head` does. EIO: the terminal itself is gone.
    const code = systemErrorCode(error);
    if (code !== "EPIPE" && code !== "EIO") failure ??= error;
  };
  // Without a listener, a closed pipe would end the process with a stack trace.
  stream.on("error", onError);

  return {
    write(text) {
      if (broken || text === "") return;
      const written = new Promise<void>((resolve) => {
        stream.write(text, (error) => {
          if (error) onError(error);
          resolve();
        });
      });
      pending = pending.then(() => written);
    },
    async flush() {
      await pending;
      return failure;
    },
  };
}
