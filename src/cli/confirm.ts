/** A question to the person at the terminal. Everything is written by the terminal; this only reads the answer. */
import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { UserError } from "../errors.ts";
import type { CommandContext } from "./context.ts";

/** Whether somebody is there to be asked, and can see what they are asked. */
export function canAsk({ quiet }: { quiet: boolean }): boolean {
  return isatty(standardInput) && isatty(standardError) && !quiet;
}

const standardInput = 0;
const standardError = 2;

/**
 * Shows `lines` and waits for one line of answer: only the whole word is a yes, and the end of the input is a no.
 * @throws UserError when the command is interrupted meanwhile
 */
export function confirm(lines: readonly string[], word: string, context: CommandContext): Promise<boolean> {
  for (const line of [...lines, "", `Type ${word} to go on, anything else to leave everything as it is.`])
    context.terminal.remark(line);
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve, reject) => {
    input.once("line", (answer) => {
      resolve(answer.trim().toLowerCase() === word);
      input.close();
    });
    input.once("close", () => resolve(false));
    context.signal.addEventListener("abort", () => {
      reject(new UserError("interrupted: nothing was changed"));
      input.close();
    });
  });
}
