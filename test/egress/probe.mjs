/**
 * Tries one technique in a process of its own: `probe.mjs <what holds it> <name of the technique> <target as JSON>`. It is
 * held by `none`, or by `guard` or `fixture` with a blank and the URL of the module.
 * Prints what it knows itself; whether something came out, the canary knows.
 */
const [held, name, target] = process.argv.slice(2);
const [holder, module] = held.split(" ");

if (holder === "guard") {
  const { installGuard } = await import(module);
  const state = installGuard();
  if (state.is !== "live") throw new Error(`the guard is not live: ${JSON.stringify(state)}`);
}
if (holder === "fixture") (await import(module)).blockNetwork();
// Only now: what holds it is there before anything else is loaded.
const { probes } = await import("./probes/table.mjs");

const answer = { reached: false, skip: null, error: null, stray: null };
process.on("uncaughtException", (error) => {
  answer.stray = `${error.code} ${error.message}`;
});
try {
  answer.reached = (await probes[name](JSON.parse(target))) === true;
} catch (error) {
  if (error?.skip) answer.skip = error.message;
  else answer.error = String(error?.cause?.code ?? error?.code ?? error?.errno ?? error);
}
// A stray error would come in a later turn.
await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.reallyExit(0));
