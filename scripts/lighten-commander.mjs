/**
 * An esbuild plugin: commander does without two modules of Node's that take milliseconds to import, at every start.
 * Importing node:process opens the three standard streams, where the global of that name does not; an audit also sees more
 * of what is done with it. node:util, with all that it brings, is there to take colours off, as one expression does. And
 * no set is made of all of Unicode's letters to look at names of options, which are ASCII here. Its comments, a third of it,
 * are read at every start too: who wants them finds them in the package.
 */
import { readFileSync } from "node:fs";

const replaced = [
  { what: /^import process from ["']node:process["'];$/m, by: "" },
  {
    what: /^import \{ stripVTControlCharacters \} from ["']node:util["'];$/m,
    by: String.raw`const stripVTControlCharacters = (text) => text.replace(/\x1b\[[0-9;]*m/g, "");`,
  },
  { what: /\\p\{ID_Continue\}(.*)\/u\.test\(flags\)/, by: String.raw`\w$1/.test(flags)` },
];
/** One that begins a line. */
const comment = /^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm;
const left = /^import .* from ["']node:(process|util)["'];$|\\p\{/m;

export const lightenCommander = {
  name: "lighten-commander",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]node_modules[/\\]commander[/\\]lib[/\\](command|help|option)\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8").replaceAll(comment, "");
      const contents = replaced.reduce((changed, { what, by }) => changed.replace(what, by), text);
      if (left.test(contents))
        return { errors: [{ text: `${path} has in another way than it did: ${left.exec(contents)[0]}` }] };
      return { contents };
    });
  },
};
