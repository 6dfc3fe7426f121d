/** Putting functions of ours in the place of Node's, so that they stay there. */
import { recordDenial } from "./denials.ts";

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** When a method may run, and how a denial of it is called. */
export interface Rule {
  what: string;
  /** It takes arguments by their place: other code can replace how an array is taken apart. */
  admits(handle: object, args: readonly unknown[]): boolean;
  /** Where it was to go, for a person. */
  target(args: readonly unknown[]): string;
  /** What a denied call returns; EACCES without it. */
  deny?(handle: object, args: readonly unknown[]): unknown;
}

/** Taken before other code can replace it: calling a method through `apply` of its own would hand it over. */
const { apply } = Reflect;

/** One of Node's internal bindings. @throws when this Node has no such binding, or gives it to nobody. */
export function bindingOf(name: string): Record<string, unknown> {
  if (typeof nodesBinding !== "function") throw new Error("this Node has no process.binding");
  const binding: unknown = apply(nodesBinding, process, [name]);
  if (typeof binding !== "object" || binding === null) throw new Error(`this Node has no binding ${name}`);
  return binding as Record<string, unknown>;
}
const nodesBinding = Reflect.get(process, "binding") as Method | undefined;

/** What Node reports as "permission denied" when a handle's method returns it. */
export const eacces = bindingNumber("uv", "UV_EACCES");
export const endOfFile = bindingNumber("uv", "UV_EOF");

function bindingNumber(binding: string, name: string): number {
  try {
    return bindingOf(binding)[name] as number;
  } catch {
    // Under Node's permission model, where the guard says that it is unavailable.
    return NaN;
  }
}

/** The prototype of a class of one of Node's bindings. */
export function prototypeOf(binding: string, className: string): object {
  const found = bindingOf(binding)[className];
  if (typeof found !== "function") throw new Error(`this Node's ${binding} has no ${className}`);
  return found.prototype as object;
}

/** @throws when there is no such function, or it cannot be replaced. */
export function replace(owner: object, name: string, make: (original: Method) => Method): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") throw new Error(`this Node has no function ${name} where the guard needs it`);
  const value = make(original as Method);
  replacements.add(value);
  Object.defineProperty(owner, name, { value, writable: false, configurable: false, enumerable: true });
}

const replacements = new WeakSet<object>();

/** True for a function that was put in the place of one of Node's. */
export function isReplacement(method: object): boolean {
  return replacements.has(method);
}

/**
 * Replaces every function of `owner`, save the harmless ones: those with a rule ask it, and what no rule knows, because
 * this Node is newer, is denied.
 */
export function guardMethods(
  owner: object,
  { label, harmless, rules }: { label: string; harmless: readonly string[]; rules: Readonly<Record<string, Rule>> },
): void {
  const names = Object.getOwnPropertyNames(owner).filter((name) => isFunction(owner, name) && name !== "constructor");
  const missing = Object.keys(rules).find((name) => !names.includes(name));
  if (missing !== undefined) throw new Error(`this Node's ${label} has no ${missing}`);
  for (const name of names)
    if (!harmless.includes(name)) guardMethod(owner, name, rules[name] ?? unknownMethod(`${label} ${name}`));
}

function isFunction(owner: object, name: string): boolean {
  return typeof Object.getOwnPropertyDescriptor(owner, name)?.value === "function";
}

function guardMethod(owner: object, name: string, rule: Rule): void {
  replace(
    owner,
    name,
    (original) =>
      function guarded(this: unknown, ...args: unknown[]) {
        if (rule.admits(this as object, args)) return apply(original, this, args);
        recordDenial(rule.what, rule.target(args));
        return rule.deny === undefined ? eacces : rule.deny(this as object, args);
      },
  );
}

function unknownMethod(what: string): Rule {
  return { what, admits: () => false, target: () => "" };
}

/** Makes a function throw, with the argument that says what it was asked for. */
export function forbid(owner: object, name: string, what: string, argument = 0): void {
  replace(
    owner,
    name,
    () =>
      function forbidden(...args: unknown[]) {
        throw denialOf(what, shown(args[argument]));
      },
  );
}

/**
 * An argument as a person may see it at the terminal: the beginning, and nothing that moves a cursor. Only what is text or
 * a number already, because anything else could run code of its own.
 */
export function shown(argument: unknown): string {
  if (typeof argument === "number") return String(argument);
  return typeof argument === "string" ? argument.slice(0, 100).replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?") : "";
}

/** Counts it, and gives what is thrown where no error number can be returned. */
export function denialOf(what: string, target: string): Error {
  recordDenial(what, target);
  return Object.assign(new Error(`InferGuard denied it: ${what}${target === "" ? "" : ` ${target}`}`), {
    code: "EACCES",
    errno: eacces,
    syscall: what,
  });
}
