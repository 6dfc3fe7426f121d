/**
 * What the code of one built file can do beyond computing and the disk, from its syntax. Lists of what is harmless
 * decide (node-modules.ts, names.ts); everything else is found, whether or not anybody has thought of it.
 */
import { type AnyNode, type Comment, parse, type Program } from "acorn";
import { messageOf } from "../../errors.ts";
import { readHeadings } from "./headings.ts";
import type { CapabilityKind } from "./node-modules.ts";
import { walk } from "./scopes.ts";
import { usesIn } from "./uses.ts";

/** What one module in the file can do, of one kind. */
export interface Finding {
  file: string;
  /** The source file or the package's file that the code came from; `(build)` for what the build wrote round them. */
  module: string;
  kind: CapabilityKind;
  /** `node:net: connect`, `fetch`, `.constructor`; sorted. */
  uses: { use: string; lines: number[] }[];
  /** The statements that have these uses, without the numbers that the build gives to names that clash. */
  code: string;
}

export interface BuiltFile {
  name: string;
  text: string;
  /** The modules that the build says are in it: its headings are comments with these names. */
  modules: readonly string[];
}

/** @param fileNames every built file, which another may import. */
export function scanFile(file: BuiltFile, fileNames: ReadonlySet<string>): Finding[] {
  const comments: Comment[] = [];
  let program: Program;
  try {
    program = parse(file.text, { ecmaVersion: "latest", sourceType: "module", onComment: comments });
  } catch (error) {
    const use = `code that cannot be read: ${messageOf(error)}`;
    return [{ file: file.name, module: "(build)", kind: "anything", uses: [{ use, lines: [] }], code: "" }];
  }
  const moduleOf = readHeadings(file, program, comments);
  const found = collectFindings(file);
  walk(program, (node, ancestors, scope) => {
    for (const { kind, use } of usesIn(node, ancestors, scope, { fileNames, moduleOf }))
      if (kind !== null) found.add(moduleOf(ancestors[1] ?? node), kind, use, node, ancestors);
  });
  return found.all();
}

function collectFindings({ name: file, text }: BuiltFile) {
  const found = new Map<
    string,
    { module: string; kind: CapabilityKind; uses: Map<string, number[]>; code: Set<string> }
  >();
  return {
    add(module: string, kind: CapabilityKind, use: string, node: AnyNode, ancestors: readonly AnyNode[]): void {
      const key = `${module} ${kind}`;
      const finding = found.get(key) ?? { module, kind, uses: new Map<string, number[]>(), code: new Set<string>() };
      found.set(key, finding);
      finding.uses.set(use, [...(finding.uses.get(use) ?? []), lineAt(text, node.start)]);
      const { start, end } = declarationAround(node, ancestors);
      finding.code.add(text.slice(start, end).replace(/\b([A-Za-z_$][\w$]*?)\d+\b/g, "$1"));
    },
    all: (): Finding[] =>
      [...found.values()].map(({ module, kind, uses, code }) => ({
        file,
        module,
        kind,
        uses: [...uses].map(([use, lines]) => ({ use, lines })).sort((a, b) => (a.use < b.use ? -1 : 1)),
        code: [...code].join("\n"),
      })),
  };
}

/** The statement of the module, or its one variable: the build puts neighbouring variables into one statement. */
function declarationAround(node: AnyNode, ancestors: readonly AnyNode[]): AnyNode {
  const [, statement = node, inside] = ancestors;
  return statement.type === "VariableDeclaration" ? (inside ?? statement) : statement;
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
