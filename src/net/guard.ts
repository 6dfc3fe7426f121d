/**
 * The guard: what stops code that goes round the gate, a bundled package's included. It stands in Node's own handles, below
 * every library, and lets through what the gate, a listener or a child process of ours has a ticket for. Everything else
 * gets an ordinary EACCES, and is counted.
 *
 * The bin installs it before it loads anything else. It knows a Node by trying, not by its version: where it cannot be
 * installed whole, commands that need the network refuse to run. It cannot stop native code that was loaded before it.
 */
import { guardHandles } from "./guard/handles.ts";
import { guardModules } from "./guard/modules.ts";
import { guardNames } from "./guard/names.ts";
import { guardProcesses } from "./guard/processes.ts";
import { checkGuard } from "./guard/self-check.ts";
import { type GuardState, setGuardState } from "./guard/state.ts";
import { messageOf } from "../errors.ts";

// The build makes one file of all this, and everyone who imports one of these gets it from there: there is one state.
export * from "./guard/denials.ts";
export * from "./guard/permissions.ts";
export * from "./guard/state.ts";
export * from "./tickets.ts";

/** Once in a process, and for the rest of its life. It never throws: the state says what became of it. */
export function installGuard(): GuardState {
  const state = tryToInstall();
  setGuardState(state);
  return state;
}

function tryToInstall(): GuardState {
  if (process.permission !== undefined) return { is: "unavailable", reason: "Node's permission model is switched on" };
  try {
    guardHandles();
    guardNames();
    guardProcesses();
    guardModules();
    checkGuard();
    return { is: "live" };
  } catch (error) {
    return { is: "unavailable", reason: messageOf(error) };
  }
}
