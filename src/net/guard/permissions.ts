/**
 * Node's own permission model, where it covers the network: Node 25.9 and later, earlier ones had holes in it. A command
 * that only reads runs under it, with nothing allowed but to read files, and then no code of the process can undo that.
 * The guard cannot be installed there, and is not needed.
 */

/** Runs this very command again in this process's place, without the network. Returns where that cannot be. */
export function startAgainWithoutNetwork(): void {
  if (process.permission !== undefined || !coversNetwork() || typeof process.execve !== "function") return;
  process.execve(process.execPath, [
    process.execPath,
    ...process.execArgv,
    "--permission",
    "--allow-fs-read=*",
    ...process.argv.slice(1),
  ]);
}

/** True where Node denies the network to this process. */
export function isNetworkDenied(): boolean {
  return coversNetwork() && process.permission !== undefined && !process.permission.has("net");
}

function coversNetwork(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hadHoles = major < 25 || (major === 25 && minor < 9);
  return !hadHoles && process.allowedNodeEnvironmentFlags.has("--allow-net");
}
