/** Whether the guard is live in this process. */

export type GuardState =
  /** Nobody has installed it: the program was not started by its own bin. */
  { is: "not installed" } | { is: "live" } | { is: "unavailable"; reason: string };

let state: GuardState = { is: "not installed" };

export function guardState(): GuardState {
  return state;
}

export function setGuardState(next: GuardState): void {
  state = next;
}
