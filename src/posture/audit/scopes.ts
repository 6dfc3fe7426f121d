/**
 * Which declaration a name in a module belongs to, if any: a name without one is a global. The rules are those of
 * strict code, which every ES module is: a function declared in a block is not seen outside it.
 */
import type { AnyNode, Program } from "acorn";
import {
  type Binding,
  childrenOf,
  declarePattern,
  type FunctionNode,
  isFunction,
  lexicalNamesOf,
  local,
  variablesOf,
} from "./declarations.ts";

export interface Scope {
  readonly names: ReadonlyMap<string, Binding>;
  readonly outer: Scope | null;
}

/** Calls `visit` for every node, outermost first. */
export function walk(
  program: Program,
  visit: (node: AnyNode, ancestors: readonly AnyNode[], scope: Scope) => void,
): void {
  const ancestors: AnyNode[] = [];

  function enter(node: AnyNode, scope: Scope): void {
    visit(node, ancestors, scope);
    ancestors.push(node);
    if (isFunction(node)) enterFunction(node, scope);
    else if (node.type === "SwitchStatement") {
      enter(node.discriminant, scope);
      const cases = scopeInside(node, scope);
      for (const each of node.cases) enter(each, cases);
    } else {
      const inside = scopeInside(node, scope);
      for (const child of childrenOf(node)) enter(child, inside);
    }
    ancestors.pop();
  }

  /** A default value of a parameter does not see the variables of the body. */
  function enterFunction(node: FunctionNode, scope: Scope): void {
    const own = new Map<string, Binding>();
    if (node.type === "FunctionExpression" && node.id) own.set(node.id.name, local);
    const parameters = new Map<string, Binding>(own);
    if (node.type !== "ArrowFunctionExpression") parameters.set("arguments", local);
    for (const parameter of node.params) declarePattern(parameter, parameters);
    const outer = { names: parameters, outer: scope };
    for (const parameter of node.params) enter(parameter, outer);
    enter(node.body, { names: variablesOf([node.body]), outer });
  }

  const nothing = { names: new Map<string, Binding>(), outer: null };
  enter(program, nothing);
}

export function bindingOf(name: string, scope: Scope): Binding | undefined {
  return scopeOf(name, scope)?.names.get(name);
}

/** The scope that declares a name, or undefined for a global. */
export function scopeOf(name: string, scope: Scope): Scope | undefined {
  for (let each: Scope | null = scope; each !== null; each = each.outer) if (each.names.has(name)) return each;
  return undefined;
}

/** Whether this identifier stands for a value, and is not the name of a property, a label or an export. */
export function isReference(parent: AnyNode | undefined, node: AnyNode): boolean {
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.value === node || parent.computed;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "ExportAllDeclaration":
    case "ImportAttribute":
      return false;
    case "ExportSpecifier":
      return parent.local === node;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ClassDeclaration":
    case "ClassExpression":
      return parent.id !== node;
    default:
      return true;
  }
}

function scopeInside(node: AnyNode, outer: Scope): Scope {
  switch (node.type) {
    case "Program":
      return { names: new Map([...variablesOf(node.body), ...lexicalNamesOf(node.body)]), outer };
    case "StaticBlock":
      return { names: new Map([...variablesOf(node.body), ...lexicalNamesOf(node.body)]), outer };
    case "BlockStatement":
      return { names: lexicalNamesOf(node.body), outer };
    case "SwitchStatement":
      return { names: lexicalNamesOf(node.cases.flatMap((each) => each.consequent)), outer };
    case "ForStatement":
      return { names: lexicalNamesOf(node.init ? [node.init] : []), outer };
    case "ForInStatement":
    case "ForOfStatement":
      return { names: lexicalNamesOf([node.left]), outer };
    case "CatchClause": {
      const names = new Map<string, Binding>();
      if (node.param) declarePattern(node.param, names);
      return { names, outer };
    }
    case "ClassDeclaration":
    case "ClassExpression":
      return node.id ? { names: new Map([[node.id.name, local]]), outer } : outer;
    default:
      return outer;
  }
}
