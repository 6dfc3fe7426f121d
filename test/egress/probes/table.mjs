/** Every technique by its name: an asynchronous function that tries it, and returns true where only itself can know. */
import { children } from "./children.mjs";
import { clients } from "./clients.mjs";
import { listeners } from "./listeners.mjs";
import { names } from "./names.mjs";
import { native } from "./native.mjs";
import { sockets } from "./sockets.mjs";

export const probes = { ...clients, ...sockets, ...names, ...children, ...native, ...listeners };
