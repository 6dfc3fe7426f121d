/** How the command line says no before it has done anything. */
import { expect } from "vitest";
import { runsIn } from "./bench.ts";
import { type CliOptions, runCli, withTempHome } from "./cli.ts";

/** Nothing on stdout, one sentence and at most one hint on stderr, no stack trace, and no run. */
export async function refusal(
  args: readonly string[],
  options: CliOptions = {},
): Promise<{ code: number; stderr: string }> {
  return withTempHome(async (home) => {
    const { code, signal, stdout, stderr } = await runCli(args, { ...options, home });
    expect({ signal, stdout }).toEqual({ signal: null, stdout: "" });
    expectOneSentence(stderr);
    expect(runsIn(home)).toEqual([]);
    return { code: code ?? NaN, stderr };
  });
}

export function expectOneSentence(stderr: string): void {
  // A command that got as far as the network ends with what it did there.
  expect(stderr).toMatch(/^inferguard: [^\n]+\n(  [^\n]+\n)?(egress: [^\n]+\n)?$/);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+|this is a bug/);
}
