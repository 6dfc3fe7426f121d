/**
 * Reads the record that strace writes (`-f -xx -yy -o`): the system calls in the order of their ends, and whether every
 * process of the tree was followed to its end. Nothing is passed over: a line that cannot be read is a reason to doubt
 * the whole record.
 */

export interface TraceCall {
  pid: number;
  name: string;
  /** As strace prints them, every string in quotes as `\x` bytes. */
  args: string;
  /** What stands after `=`: `0`, `3<TCP:[7]>`, `-1 ENOSYS (...)`, `?`. */
  result: string;
  succeeded: boolean;
}

export interface TraceReader {
  /** Null for a line that completes no call. */
  read(line: string): TraceCall | null;
  /** Why the record cannot be taken for the whole; empty when it can. Asked once, after the last line. */
  doubts(): string[];
}

const whole = /^(\d+) +(\w+)\((.*)\) += (.+)$/s;
const begun = /^(\d+) +(\w+)\((.*?) ?<unfinished \.\.\.>$/s;
const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (.+)$/s;
const ended = /^(\d+) +\+\+\+ (exited with|killed by|superseded by) /;

export function createTraceReader(): TraceReader {
  const pending = new Map<number, { name: string; args: string }>();
  const alive = new Set<number>();
  const over = new Set<number>();
  let unread = 0;

  function complete(pid: number, name: string, args: string, result: string): TraceCall {
    const call = { pid, name, args, result, succeeded: !/^(-1\b|\?)/.test(result) };
    const child = childOf(call);
    if (child !== null && !over.has(child)) alive.add(child);
    return call;
  }

  return {
    read(line) {
      let match = ended.exec(line);
      if (match !== null) {
        const pid = Number(match[1]);
        // An interrupted call of a process that is gone has no result that anybody saw.
        pending.delete(pid);
        alive.delete(pid);
        over.add(pid);
        return null;
      }
      const pid = Number(/^\d+/.exec(line)?.[0]);
      if (Number.isNaN(pid)) {
        unread++;
        return null;
      }
      // A number can be given to a new process once its owner is gone.
      over.delete(pid);
      alive.add(pid);
      match = begun.exec(line);
      if (match !== null) {
        const [, , name = "", args = ""] = match;
        pending.set(pid, { name, args });
        return null;
      }
      match = resumed.exec(line);
      if (match !== null) {
        const [, , name = "", rest = "", result = ""] = match;
        const before = pending.get(pid);
        pending.delete(pid);
        if (before?.name === name) return complete(pid, name, before.args + rest, result);
      }
      match = match === null ? whole.exec(line) : null;
      if (match !== null) {
        const [, , name = "", args = "", result = ""] = match;
        return complete(pid, name, args, result);
      }
      unread++;
      return null;
    },
    doubts() {
      const doubts: string[] = [];
      if (over.size === 0) doubts.push("strace recorded no process");
      if (alive.size > 0) doubts.push(`strace lost sight of ${alive.size} of the processes and threads`);
      if (unread > 0) doubts.push(`${unread} lines of strace's record cannot be read`);
      return doubts;
    },
  };
}

/** A string of strace's, printed with -xx: `"\x2f\x72"...` is `/r`. */
export function unquote(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

function childOf({ name, result, succeeded }: TraceCall): number | null {
  if (!succeeded || !/^(clone3?|v?fork)$/.test(name)) return null;
  return Number.parseInt(result, 10) || null;
}
