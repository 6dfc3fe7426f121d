/** Which of a table of commands a command line wants: each that is not wanted would cost time at every start. */

/** The one of that name, or all: for help, and for suggestions to who mistyped it. */
export function wantedOf<Add>(commands: Readonly<Record<string, Add>>, name: string): readonly Add[] {
  const wanted = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return wanted === undefined ? Object.values(commands) : [wanted];
}
