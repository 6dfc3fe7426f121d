/** Other processes: started with a ticket only, and never in the place of this one. */
import { takeStart } from "../tickets.ts";
import { recordDenial } from "./denials.ts";
import { bindingOf, eacces, forbid, guardMethods, type Method, prototypeOf, replace, shown } from "./patch.ts";
import { quieten } from "./quieten.ts";

export function guardProcesses(): void {
  guardMethods(prototypeOf("process_wrap", "Process"), {
    label: "process",
    harmless: ["kill"],
    rules: {
      spawn: {
        what: "child process",
        admits(_handle, args) {
          const { program, argv, stdio } = startIn(args);
          const admitted = takeStart(program, argv);
          if (!admitted) quieten(stdio);
          return admitted;
        },
        target: (args) => shown(startIn(args).program),
      },
    },
  });
  replace(bindingOf("spawn_sync"), "spawn", guardedSpawnSync);
  if ("execve" in process) forbid(process, "execve", "process replacement");
  // It makes another process of this user open its debugger to whoever connects.
  forbid(process, "_debugProcess", "debugger");
  // Without a listener, this signal makes Node itself listen for a debugger.
  process.on("SIGUSR1", () => {});
}

function guardedSpawnSync(original: Method): Method {
  return function spawn(this: unknown, ...args: unknown[]) {
    const { program, argv } = startIn(args);
    if (takeStart(program, argv)) return apply(original, this, args);
    recordDenial("child process", shown(program));
    return { pid: 0, status: null, signal: null, output: null, error: eacces };
  };
}

const { apply } = Reflect;

/** Node 22 passes one object; later ones file, arguments, directory, environment and stdio one by one. */
function startIn(args: readonly unknown[]): { program: unknown; argv: unknown; stdio: unknown } {
  const first = args[0];
  if (typeof first !== "object" || first === null) return { program: first, argv: args[1], stdio: args[4] };
  const { file, args: argv, stdio } = first as Record<string, unknown>;
  return { program: file, argv, stdio };
}
