/**
 * Tickets: what lets one connection, listener, look-up or child process through the guard, once. The code that checked
 * the authority issues it, and the guard takes it; whatever has none is denied, an authorised destination included.
 *
 * A connection's ticket belongs to its own handle, so nothing else that connects to the same place can use it up. A
 * connection to a Unix socket, a look-up and the start of a child are asked of the system while our call runs, so theirs
 * are gone when it returns.
 */

/** A port at an address; a Unix socket's path has none. */
interface Place {
  readonly address: string;
  readonly port: number | null;
}

const connections = new WeakMap<object, Place>();
const listeners: Place[] = [];
const boundHandles = new WeakSet();
let lookUpOf: string | null = null;
let pipeTo: string | null = null;
let startOf: readonly string[] | null = null;

// Own members, so that code which replaces those of the prototypes later has no say in who is let through. For the same
// reason arrays are walked by index below, and not by their iterator or their methods.
Object.assign(connections, { get: connections.get, set: connections.set, delete: connections.delete });
Object.assign(boundHandles, { add: boundHandles.add, has: boundHandles.has });

/** For this handle to connect to this place. A handle that is not there gets none. */
export function admitConnection(handle: unknown, address: string, port: number): void {
  if (typeof handle === "object" && handle !== null) connections.set(handle, { address, port });
}

export function takeConnection(handle: object, address: unknown, port: unknown): boolean {
  const place = connections.get(handle);
  connections.delete(handle);
  return place !== undefined && place.address === address && place.port === port;
}

/** For one handle to listen at this place. Returns what takes the ticket back if it was not used. */
export function admitListener(address: string, port: number | null): () => void {
  const place = { address, port };
  listeners[listeners.length] = place;
  return () => remove(place);
}

/** The handle that binds the place may then listen. */
export function takeListener(handle: object, address: unknown, port: unknown): boolean {
  for (let at = 0; at < listeners.length; at++) {
    const place = listeners[at] as Place;
    if (place.address === address && place.port === port) {
      remove(place);
      boundHandles.add(handle);
      return true;
    }
  }
  return false;
}

function remove(place: Place): void {
  let kept = 0;
  for (let at = 0; at < listeners.length; at++) if (listeners[at] !== place) listeners[kept++] = listeners[at] as Place;
  listeners.length = kept;
}

export function mayListen(handle: object): boolean {
  return boundHandles.has(handle);
}

/** For `lookUp` to ask the system for the addresses of `host`. */
export function withLookUp<T>(host: string, lookUp: () => T): T {
  lookUpOf = host;
  try {
    return lookUp();
  } finally {
    lookUpOf = null;
  }
}

export function takeLookUp(host: unknown): boolean {
  const admitted = lookUpOf !== null && host === lookUpOf;
  if (admitted) lookUpOf = null;
  return admitted;
}

/** The host for which there is a ticket now, which stays. */
export function admitsLookUp(host: unknown): boolean {
  return lookUpOf !== null && host === lookUpOf;
}

/** For `connect` to connect to the Unix socket at `path`. */
export function withPipeConnect<T>(path: string, connect: () => T): T {
  pipeTo = path;
  try {
    return connect();
  } finally {
    pipeTo = null;
  }
}

export function takePipeConnect(path: unknown): boolean {
  const admitted = pipeTo !== null && path === pipeTo;
  if (admitted) pipeTo = null;
  return admitted;
}

/** For `start` to start this program with these arguments. */
export function withStart<T>(program: string, args: readonly string[], start: () => T): T {
  const argv = [program, program];
  for (let at = 0; at < args.length; at++) argv[at + 2] = args[at] as string;
  startOf = argv;
  try {
    return start();
  } finally {
    startOf = null;
  }
}

/** `argv` begins with the program's name as the new process sees it. */
export function takeStart(program: unknown, argv: unknown): boolean {
  const wanted = startOf;
  startOf = null;
  if (wanted === null || typeof argv !== "object" || argv === null) return false;
  const asked = argv as ArrayLike<unknown>;
  if (program !== wanted[0] || asked.length !== wanted.length - 1) return false;
  for (let at = 0; at < asked.length; at++) if (asked[at] !== wanted[at + 1]) return false;
  return true;
}
