/** What the declarations of a module declare, and where from. */
import type { AnyNode, Expression, Pattern } from "acorn";

export type Binding =
  | { readonly kind: "import"; readonly specifier: string; readonly name: string; readonly at: number }
  | { readonly kind: "constant"; readonly value: Expression }
  | { readonly kind: "local" };

export const local: Binding = { kind: "local" };

export type FunctionNode = Extract<
  AnyNode,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

export function isFunction(node: AnyNode): node is FunctionNode {
  const { type } = node;
  return type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression";
}

/** What `let`, `const`, `class`, `function` and `import` declare directly among these statements. */
export function lexicalNamesOf(statements: readonly AnyNode[]): Map<string, Binding> {
  const names = new Map<string, Binding>();
  for (const statement of statements) {
    const declared = declarationIn(statement);
    if (declared.type === "VariableDeclaration" && declared.kind !== "var")
      for (const { id, init } of declared.declarations)
        if (declared.kind === "const" && id.type === "Identifier" && init)
          names.set(id.name, { kind: "constant", value: init });
        else declarePattern(id, names);
    else if ((declared.type === "FunctionDeclaration" || declared.type === "ClassDeclaration") && declared.id)
      names.set(declared.id.name, local);
    else if (declared.type === "ImportDeclaration") {
      const specifier = String(declared.source.value);
      for (const each of declared.specifiers)
        names.set(each.local.name, { kind: "import", specifier, name: importedName(each), at: each.start });
    }
  }
  return names;
}

function declarationIn(statement: AnyNode): AnyNode {
  if (statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration")
    return statement.declaration ?? statement;
  return statement;
}

export function importedName(
  node: Extract<AnyNode, { type: "ImportSpecifier" | "ImportDefaultSpecifier" | "ImportNamespaceSpecifier" }>,
): string {
  if (node.type === "ImportNamespaceSpecifier") return "*";
  if (node.type === "ImportDefaultSpecifier") return "default";
  return node.imported.type === "Identifier" ? node.imported.name : String(node.imported.value);
}

/** What `var` declares anywhere below, up to the next function or class. */
export function variablesOf(nodes: readonly AnyNode[]): Map<string, Binding> {
  const names = new Map<string, Binding>();
  const look = (node: AnyNode): void => {
    if (node.type === "VariableDeclaration" && node.kind === "var")
      for (const { id } of node.declarations) declarePattern(id, names);
    // No declaration stands inside an expression, save in what is a scope of its own.
    if (isFunction(node) || node.type.endsWith("Expression") || node.type.startsWith("Class")) return;
    for (const child of childrenOf(node)) look(child);
  };
  for (const node of nodes) look(node);
  return names;
}

export function declarePattern(pattern: Pattern, names: Map<string, Binding>): void {
  switch (pattern.type) {
    case "Identifier":
      names.set(pattern.name, local);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties)
        declarePattern(property.type === "Property" ? property.value : property.argument, names);
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) declarePattern(element, names);
      break;
    case "AssignmentPattern":
      declarePattern(pattern.left, names);
      break;
    case "RestElement":
      declarePattern(pattern.argument, names);
      break;
    case "MemberExpression":
      break;
  }
}

export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const key in node) {
    const value: unknown = node[key as keyof AnyNode];
    // `{ a }` has one identifier that is both.
    if (key === "key" && node.type === "Property" && node.shorthand) continue;
    if (Array.isArray(value)) children.push(...(value as unknown[]).filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
