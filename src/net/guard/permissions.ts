/**
 * Node's own permission model, where it covers the network: Node 25.9 and later, earlier ones had holes in it. A command
 * that only reads runs under it, with nothing allowed but to read files, and then no code of the process can undo that.
 * The guard cannot be installed there, and is not needed.
 */

/** True where Node denies the network to this process. */
export function isNetworkDenied(): boolean {
  return coversNetwork() && process.permission !== undefined && !process.permission.has("net");
}

/** True where Node could deny it, were it asked to. */
export function coversNetwork(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hadHoles = major < 25 || (major === 25 && minor < 9);
  return !hadHoles && process.allowedNodeEnvironmentFlags.has("--allow-net");
}
