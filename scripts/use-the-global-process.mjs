/**
 * An esbuild plugin: commander's import of node:process becomes the global of that name. Importing the module opens the
 * three standard streams, at every start, and an audit sees less of what is done with it.
 */
import { readFileSync } from "node:fs";

const imported = /^import process from ["']node:process["'];$/m;

export const useTheGlobalProcess = {
  name: "use-the-global-process",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\]commander[/\\]lib[/\\]command\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!imported.test(text)) return { errors: [{ text: "commander does not import node:process any more" }] };
      return { contents: text.replace(imported, "") };
    });
  },
};
