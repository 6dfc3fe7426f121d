/**
 * Work that may take long, written so that something else can come between: it yields often, each time after little. Whoever
 * runs it decides how much is done at once.
 */
export type Interruptible<Result> = Generator<undefined, Result, undefined>;

export function runToEnd<Result>(work: Interruptible<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Whether it ended within so many steps. */
export function runFor(work: Interruptible<void>, steps: number): boolean {
  for (let step = 0; step < steps; step++) if (work.next().done === true) return true;
  return false;
}
