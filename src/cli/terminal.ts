/**
 * The only writer to standard output and standard error. Its rules:
 *
 * - Standard output carries the answer and nothing else; with --json that is one JSON document.
 * - Everything else goes to standard error: progress, remarks, warnings, errors. --quiet leaves warnings and errors.
 * - A reader that went away (`| head`) ends the output quietly; it changes no exit code. Any other failure to write does.
 * - Colour only on a terminal, and not with NO_COLOR or TERM=dumb. Signs beyond ASCII only where the locale has UTF-8.
 * - On a terminal, progress is two lines drawn at most five times a second; elsewhere a line every five seconds and at
 *   each new phase.
 */
import { monotonicMs } from "../clock.ts";
import { type ExitCode, exitCode, messageOf, systemErrorCode, UserError } from "../errors.ts";
import type { Progress } from "../load/progress.ts";
import { printable } from "../report/printable.ts";
import type { TextStyle } from "../report/text-style.ts";
import { columnsOf, type DrawingEnvironment, isDrawable, styleFor } from "./drawing.ts";
import { type About, errorLines, exitCodeOf } from "./error-text.ts";
import { createLiveDisplay } from "./live-display.ts";
import { createOutput, type OutputStream } from "./output.ts";
import { createProgressDisplay } from "./progress-display.ts";

export interface Terminal {
  /** The command's answer: with --json the document, else the lines. Neither is made unless it is asked for. */
  answer(answer: { json: () => string; lines: (style: TextStyle) => readonly string[] }): void;
  /** An answer that has one form only, such as CSV, as it is. */
  write(text: string): void;
  /** Something good to know, on standard error; not with --quiet. */
  remark(text: string): void;
  warning(text: string): void;
  /** What a flag asked for on standard error; --quiet does not stop it. Whole lines. */
  aside(text: string): void;
  progress(progress: Progress): void;
  /** Takes the live lines away. To be called before the answer, and on every way out. */
  endProgress(): void;
  /** Says what went wrong, and which exit code it stands for. */
  error(error: unknown): ExitCode;
  /** Resolves once everything is written; to the reason where standard output could not take all of it. */
  close(): Promise<UserError | null>;
}

export interface TerminalOptions {
  stdout: OutputStream;
  stderr: OutputStream;
  env: DrawingEnvironment;
  json: boolean;
  quiet: boolean;
  about: About;
  /** Monotonic milliseconds; for tests. */
  now?: () => number;
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { env, json, quiet } = options;
  const stdout = createOutput(options.stdout);
  const stderr = createOutput(options.stderr);
  const bothShown = isDrawable(options.stdout, env) && isDrawable(options.stderr, env);
  let spoke = false;
  const remain = (lines: readonly string[]) => {
    spoke = true;
    stderr.write(inLines(lines));
  };
  const display = createProgressDisplay({
    live: isDrawable(options.stderr, env) ? createLiveDisplay(stderr.write) : null,
    writeLine: (line) => remain([line]),
    style: () => ({ ...styleFor(options.stderr, env), width: columnsOf(options.stderr, env) }),
    now: options.now ?? monotonicMs,
  });
  const say = (lines: readonly string[]) => {
    display.end();
    remain(lines);
  };

  return {
    answer({ json: document, lines }) {
      display.end();
      // On a screen that both share, the answer stands apart from what was said on the way to it.
      if (bothShown && spoke) stderr.write("\n");
      stdout.write(json ? document() : inLines(lines(styleFor(options.stdout, env))));
    },
    write: (text) => stdout.write(text),
    remark(text) {
      if (!quiet) say([printable(text, 1000)]);
    },
    warning: (text) => say([`inferguard: warning: ${printable(text, 1000)}`]),
    aside(text) {
      display.end();
      stderr.write(text);
    },
    progress(progress) {
      if (!quiet) display.show(progress);
    },
    endProgress: () => display.end(),
    error(error) {
      say(errorLines(error, options.about));
      return exitCodeOf(error);
    },
    async close() {
      display.end();
      await stderr.flush();
      const failure = await stdout.flush();
      if (failure === null) return null;
      return new UserError(`cannot write to standard output: ${systemErrorCode(failure) ?? messageOf(failure)}`, {
        exitCode: exitCode.cannotRun,
        hint: "the answer there is not whole",
        cause: failure,
      });
    },
  };
}

function inLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
