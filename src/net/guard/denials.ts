/** What the guard denied: counted for the egress record, and named for the person at the terminal. */

export interface Denial {
  /** What was tried: `tcp connect`. */
  what: string;
  /** To where, as the code asked for it: for the terminal, never for a file. */
  target: string;
  count: number;
}

const denials = new Map<string, Denial>();
// Own members: code that replaces those of the prototype must not be able to keep its attempts out of the record.
Object.assign(denials, { get: denials.get, set: denials.set, has: denials.has, values: denials.values });

/** Beyond this many targets the rest count together, so that a loop over addresses cannot fill the memory. */
const MAX_TARGETS = 100;

export function recordDenial(what: string, target: string): void {
  const known = denials.has(`${what} ${target}`) || denials.size < MAX_TARGETS;
  const key = known ? `${what} ${target}` : what;
  const denial = denials.get(key) ?? { what, target: known ? target : "others", count: 0 };
  denial.count++;
  denials.set(key, denial);
}

/** Since the start of the process. */
export function deniedAttempts(): readonly Denial[] {
  return [...denials.values()];
}

/** The same, by what was tried, as the gate's own denials are counted. */
export function guardDenials(): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { what, count } of denials.values())
    counts.set(`guard: ${what}`, (counts.get(`guard: ${what}`) ?? 0) + count);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

/** The guard's own check of itself is not an attempt. */
export function forgetDenials(): void {
  denials.clear();
}
