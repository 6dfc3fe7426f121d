/** A program to be started by child.test.ts, which behaves as its first argument says. */
import { startOwnProcess } from "./child.ts";

const [behaviour, ...rest] = process.argv.slice(2);
const never = () => void setInterval(() => {}, 60_000);

const behaviours: Record<string, () => Promise<void> | void> = {
  /** Says what it was given, and lives until its input ends. */
  report() {
    console.log(JSON.stringify({ pid: process.pid, arguments: rest, environment: process.env }));
    process.stdin.resume();
  },
  /** Says the same, and lives on without an input. */
  outliving() {
    console.log(JSON.stringify({ pid: process.pid, environment: process.env }));
    never();
  },
  fail() {
    console.error("no such profile");
    process.exitCode = 3;
  },
  silent: never,
  stubborn() {
    process.on("SIGTERM", () => {});
    console.log("ready");
    never();
  },
  /** Fills its output, which must not stop it. */
  talkative() {
    console.log("ready");
    process.stdout.write("x".repeat(1_000_000), () => process.stdin.resume());
  },
  /** Starts another and tells of it, and then never ends by itself. */
  async parent() {
    const { firstLine } = await startOwnProcess(process.argv[1] ?? "", ["report"], 10_000);
    console.log(firstLine);
    never();
  },
};
await behaviours[behaviour ?? ""]?.();
