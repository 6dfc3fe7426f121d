/** Which module a statement of a built file came from: the build puts a comment with the module's name above each. */
import type { AnyNode, Comment, Program } from "acorn";

export type ModuleOf = (node: { type?: AnyNode["type"]; start: number; declaration?: unknown }) => string;

/** Gives the module of a node: of a statement of the file, or of a name in an import. */
export function readHeadings(
  { text, modules }: { text: string; modules: readonly string[] },
  program: Program,
  comments: readonly Comment[],
): ModuleOf {
  const known = new Set(modules);
  const headings = comments
    .filter(
      ({ type, value, start }) =>
        type === "Line" &&
        known.has(value.trim()) &&
        (start === 0 || text[start - 1] === "\n") &&
        !program.body.some((statement) => statement.start < start && start < statement.end),
    )
    .map(({ start, value }) => ({ start, module: value.trim().replace(/^.*node_modules\//, "") }));
  return (node) => (isGlue(node) ? BUILD : (headings.findLast(({ start }) => start < node.start)?.module ?? BUILD));
}

/** What the build itself wrote. */
const BUILD = "(build)";

/** What it writes around the modules, to share names between files. */
function isGlue({ type, declaration }: Parameters<ModuleOf>[0]): boolean {
  return type === "ExportNamedDeclaration" && !declaration;
}
