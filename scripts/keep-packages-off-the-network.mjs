/**
 * An esbuild plugin: no bundled package may import a module that reaches a network or starts a process or a thread.
 * The one exception is commander, which imports node:child_process for a feature that InferGuard does not use
 * (subcommands as separate executables): it gets a stand-in that throws.
 */
const waysOut =
  /^(node:)?(net|tls|https?|http2|dgram|dns|dns\/promises|quic|child_process|worker_threads|cluster|inspector|inspector\/promises)$/;

export const keepPackagesOffTheNetwork = {
  name: "keep-packages-off-the-network",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: waysOut }, ({ path, importer }) => {
      const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(importer.replaceAll("\\", "/")) ?? [];
      if (name === undefined) return undefined;
      if (name === "commander" && path === "node:child_process") return { path, namespace: "no-child-process" };
      return { errors: [{ text: `the package ${name} imports ${path}: only src/net may` }] };
    });
    onLoad({ filter: /.*/, namespace: "no-child-process" }, () => ({
      contents: `export default { spawn() { throw new Error("executable subcommands are not part of InferGuard"); } };`,
    }));
  },
};
