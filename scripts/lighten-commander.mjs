/**
 * An esbuild plugin: commander does without two modules of Node's that take milliseconds to import, at every start.
 * Importing node:process opens the three standard streams, where the global of that name does not; an audit also sees more
 * of what is done with it. node:util, with all that it brings, is there to take colours off, as one expression does.
 */
import { readFileSync } from "node:fs";

const replaced = [
  { imported: /^import process from ["']node:process["'];$/m, by: "" },
  {
    imported: /^import \{ stripVTControlCharacters \} from ["']node:util["'];$/m,
    by: String.raw`const stripVTControlCharacters = (text) => text.replace(/\x1b\[[0-9;]*m/g, "");`,
  },
];

export const lightenCommander = {
  name: "lighten-commander",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\]commander[/\\]lib[/\\](command|help)\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const contents = replaced.reduce((changed, { imported, by }) => changed.replace(imported, () => by), text);
      if (/^import .* from ["']node:(process|util)["'];$/m.test(contents))
        return { errors: [{ text: `${path} imports node:process or node:util in another way than it did` }] };
      return { contents };
    });
  },
};
