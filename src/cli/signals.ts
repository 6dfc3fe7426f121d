/** Ctrl-C and its like: the first asks the command to end in good order, the second ends the process at once. */
import { type ExitCode, exitCode } from "../errors.ts";

export interface SignalWatch {
  signal: AbortSignal;
  /** What the process is to exit with, once a signal has come. */
  readonly exitCode: ExitCode | null;
  /** Until `take` is called, signals are for someone else, and neither end this process nor decide its exit code. */
  giveTo(receiver: (name: NodeJS.Signals) => void): { take(): void };
  stop(): void;
}

const codes = { SIGINT: exitCode.interrupted, SIGTERM: exitCode.terminated, SIGHUP: exitCode.terminated } as const;

export function watchSignals(): SignalWatch {
  const asked = new AbortController();
  let code: ExitCode | null = null;
  let receiver: ((name: NodeJS.Signals) => void) | null = null;
  const names = Object.keys(codes) as (keyof typeof codes)[];
  const stop = () => {
    for (const name of names) process.removeListener(name, onSignal);
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (receiver !== null) {
      receiver(name);
      return;
    }
    if (code !== null) {
      stop();
      process.kill(process.pid, name);
      return;
    }
    code = codes[name as keyof typeof codes];
    asked.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: asked.signal,
    get exitCode() {
      return code;
    },
    giveTo(next) {
      receiver = next;
      process.on("SIGQUIT", next);
      return {
        take() {
          receiver = null;
          process.removeListener("SIGQUIT", next);
        },
      };
    },
    stop,
  };
}
