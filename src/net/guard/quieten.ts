/**
 * A denied start answers EACCES, and Node makes the child's streams all the same, over pipes that nothing is connected to:
 * their first read would throw ENOTCONN at nobody. These pipes get an end to read, and swallow what is written.
 */
import { bindingOf, endOfFile } from "./patch.ts";

export function quieten(stdio: unknown): void {
  if (!Array.isArray(stdio)) return;
  for (const { handle } of stdio as { handle?: Pipe }[]) if (handle !== undefined) quietenPipe(handle);
}

interface Pipe {
  onread?: (bytes: undefined) => void;
  [method: string]: unknown;
}

const writes = ["writev", "writeBuffer", "writeAsciiString", "writeUtf8String", "writeUcs2String", "writeLatin1String"];

function quietenPipe(pipe: Pipe): void {
  const { streamBaseState, ...indexes } = bindingOf("stream_wrap") as unknown as StreamBinding;
  pipe["readStart"] = () => {
    process.nextTick(() => {
      streamBaseState[indexes.kReadBytesOrError] = endOfFile;
      pipe.onread?.(undefined);
    });
    return 0;
  };
  for (const name of writes)
    pipe[name] = () => {
      streamBaseState[indexes.kLastWriteWasAsync] = 0;
      return 0;
    };
}

/** How Node's streams learn what a handle did: through numbers in a shared array. */
interface StreamBinding {
  streamBaseState: Int32Array;
  kReadBytesOrError: number;
  kLastWriteWasAsync: number;
}
