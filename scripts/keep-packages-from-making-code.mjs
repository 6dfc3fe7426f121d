/**
 * An esbuild plugin: takes out of zod what would compile code or reach for the global object. InferGuard switches that
 * off (src/runs/schemas/without-code-generation.ts), but code that is not there needs no trust. A text that a new
 * version of zod no longer has fails the build.
 */
import { readFileSync } from "node:fs";

const replaced = [
  {
    file: "core/doc.js",
    from: "const F = Function;",
    to: `throw new Error("InferGuard makes no code");\n const F = null;`,
  },
  { file: "core/util.js", from: "const F = Function;", to: "const F = null;" },
  // Settings that several copies of zod would share: there is one copy here.
  { file: "core/core.js", from: /globalThis/g, to: "shared", before: "const shared = {};\n" },
  { file: "core/registries.js", from: /globalThis/g, to: "shared", before: "const shared = {};\n" },
];

export const keepPackagesFromMakingCode = {
  name: "keep-packages-from-making-code",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\]zod[/\\]v4[/\\]core[/\\]\w+\.js$/ }, ({ path }) => {
      const place = replaced.find(({ file }) => path.replaceAll("\\", "/").endsWith(`/${file}`));
      if (place === undefined) return undefined;
      const text = readFileSync(path, "utf8");
      const contents = (place.before ?? "") + text.replace(place.from, place.to);
      if (text.search(place.from) === -1)
        return { errors: [{ text: `zod's ${place.file} has no ${place.from} to replace` }] };
      return { contents };
    });
  },
};
