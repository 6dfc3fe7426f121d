/** Reads what one TypeScript file imports and which globals it uses, from its syntax tree. */
import { parseSync } from "oxc-parser";

export interface Import {
  readonly line: number;
  /** Null when the target is computed. */
  readonly specifier: string | null;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

export interface Source {
  readonly imports: readonly Import[];
  /** `process.env.HOME`, `new Date()`, `fetch`: names that the file does not declare by importing them are not told apart. */
  readonly uses: readonly { line: number; name: string }[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

export function readSource(text: string): Source {
  const imports: Import[] = [];
  const uses: { line: number; name: string }[] = [];
  const lineOf = (node: Node) => text.slice(0, node.start).split("\n").length;

  visit(parse(text));
  return { imports, uses };

  function visit(node: Node): void {
    const imported = importOf(node);
    if (imported !== undefined) imports.push({ line: lineOf(node), ...imported });
    const name = useOf(node);
    if (name !== undefined) uses.push({ line: lineOf(node), name });
    for (const child of childrenOf(node, name !== undefined)) visit(child);
  }
}

function parse(text: string): Node {
  const { program, errors } = parseSync("source.ts", text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(error.message);
  return program as unknown as Node;
}

function importOf(node: Node): Omit<Import, "line"> | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration": {
      if (!isNode(node["source"])) return undefined;
      const specifiers = (node["specifiers"] ?? []) as Node[];
      const kinds = [
        node["importKind"] ?? node["exportKind"],
        ...specifiers.map((each) => each["importKind"] ?? each["exportKind"]),
      ];
      const eachIsType = specifiers.length > 0 && kinds.slice(1).every((kind) => kind === "type");
      const names = node.type === "ExportAllDeclaration" ? ["*"] : specifiers.map(importedName);
      return { specifier: stringOf(node["source"]), typeOnly: kinds[0] === "type" || eachIsType, names };
    }
    case "TSImportType":
      return { specifier: stringOf(node["source"]), typeOnly: true, names: [] };
    case "TSImportEqualsDeclaration":
      return { specifier: null, typeOnly: false, names: [] };
    case "ImportExpression":
      return { specifier: stringOf(node["source"]), typeOnly: false, names: ["*"] };
    case "CallExpression": {
      const callee = dottedName(node["callee"]);
      if (callee !== "require" && callee !== "process.getBuiltinModule") return undefined;
      return { specifier: stringOf((node["arguments"] as Node[])[0]), typeOnly: false, names: ["*"] };
    }
    default:
      return undefined;
  }
}

function importedName(specifier: Node): string {
  if (specifier.type === "ImportNamespaceSpecifier") return "*";
  return nameOf(specifier["imported"] ?? specifier["local"]) ?? "*";
}

/** The full dotted name that a use of a global has, or undefined for any other node. */
function useOf(node: Node): string | undefined {
  if (node.type === "NewExpression") {
    const name = nameOf(node["callee"]);
    if (name === undefined) return undefined;
    return name === "Date" ? ((node["arguments"] as Node[]).length === 0 ? "new Date()" : undefined) : `new ${name}`;
  }
  if (node.type === "CallExpression" && nameOf(node["callee"]) === "Date") return "new Date()";
  if (node.type === "MemberExpression" || node.type === "Identifier") return dottedName(node);
  return undefined;
}

function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return nameOf(node);
  if (node.type === "ChainExpression") return dottedName(node["expression"]);
  if (node.type !== "MemberExpression") return undefined;
  const object = dottedName(node["object"]);
  if (object === undefined) return undefined;
  const property = node["computed"] === true ? stringOf(node["property"]) : nameOf(node["property"]);
  // A computed member could be any: the object itself is what is used.
  return property === null || property === undefined ? object : `${object}.${property}`;
}

/** The nodes below that run; names of properties and everything about types are left out, but for `import()` types. */
function childrenOf(node: Node, named: boolean): Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (named && node.type === "MemberExpression" && (key === "object" || node["computed"] !== true)) continue;
    if (named && key === "callee") continue;
    if (isNameOnly(node, key)) continue;
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) children.push(each);
  }
  return children;
}

function isNameOnly(node: Node, key: string): boolean {
  if (/^(Import|Export).*Specifier$/.test(node.type)) return true;
  if (node.type.startsWith("TS") && (key === "typeName" || key === "exprName" || key === "id")) return true;
  if (node.type === "MemberExpression") return key === "property" && node["computed"] !== true;
  return key === "key" && node["computed"] !== true;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === "Identifier" ? (node["name"] as string) : undefined;
}

function stringOf(node: unknown): string | null {
  return isNode(node) && node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : null;
}
