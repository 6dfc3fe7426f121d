/** What one piece of syntax uses that is not harmless: imports, names, members, texts that name a dangerous member. */
import type { AnyNode } from "acorn";
import { constantText } from "./constant-text.ts";
import type { ModuleOf } from "./headings.ts";
import { guardedObjects, kindOfGlobal, kindOfMember, kindOfProperty, kindOfText } from "./names.ts";
import { type CapabilityKind, isNodeModule, kindOfImport } from "./node-modules.ts";
import { type Binding, importedName } from "./declarations.ts";
import { bindingOf, isReference, type Scope } from "./scopes.ts";

interface Use {
  kind: CapabilityKind | null;
  /** `node:net: connect`, `fetch`, `.constructor`. */
  use: string;
}

interface File {
  fileNames: ReadonlySet<string>;
  moduleOf: ModuleOf;
}

/** What this node, by itself, uses: of its children each is asked in its turn. `kind` is null for what is harmless. */
export function* usesIn(node: AnyNode, ancestors: readonly AnyNode[], scope: Scope, file: File): Iterable<Use> {
  const parent = ancestors.at(-1);
  switch (node.type) {
    case "ImportDeclaration":
      if (node.specifiers.length === 0) yield useOfImport(file, node.source.value, "*");
      for (const each of node.specifiers) yield useOfImport(file, node.source.value, importedName(each), true);
      break;
    case "ExportNamedDeclaration":
      if (node.source)
        for (const { local } of node.specifiers)
          yield useOfImport(file, node.source.value, local.type === "Identifier" ? local.name : String(local.value));
      break;
    case "ExportAllDeclaration":
      yield useOfImport(file, node.source.value, "*");
      break;
    case "ImportExpression": {
      const { source } = node;
      const literal = source.type === "Literal" && typeof source.value === "string";
      yield literal ? useOfImport(file, source.value, "*") : { kind: "anything", use: "import() of a computed name" };
      break;
    }
    case "MetaProperty":
      if (node.meta.name === "import") yield* useOfImportMeta(parent);
      break;
    case "Identifier":
      if (isReference(parent, node)) yield* useOfName(node.name, ancestors, scope, file);
      break;
    case "MemberExpression":
      yield* usesOfProperty(node, parent, scope);
      break;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      yield* usesOfKey(node, parent, scope);
      break;
    case "CallExpression":
      yield* usesOfTimer(node, scope);
      break;
    case "Literal":
    case "TemplateLiteral":
    case "BinaryExpression":
      yield* usesOfText(node, parent, scope);
      break;
    default:
      break;
  }
}

/** @param named whether a name of the file stands for it, so that its uses are seen. */
function useOfImport({ fileNames }: File, specifier: unknown, name: string, named = false): Use {
  const text = String(specifier);
  if (/^\.\.?\//.test(text)) {
    const known = /^\.\/[^/]+$/.test(text) && fileNames.has(text.slice(2));
    return { kind: known ? null : "anything", use: `import of ${text}, which is not a file of the build` };
  }
  const module = text.replace(/^node:/, "");
  if (Object.hasOwn(guardedObjects, module)) {
    const whole = name === "*" || name === "default";
    return { kind: whole && named ? null : kindOfMember(module, whole ? null : name), use: `${module}.${name}` };
  }
  return {
    kind: kindOfImport(module, name),
    use: `${isNodeModule(module) ? "node:" : "package "}${module}: ${name}`,
  };
}

/** A name that was imported is used by the module that imported it, and handed to no other. */
function* useOfName(name: string, ancestors: readonly AnyNode[], scope: Scope, file: File): Iterable<Use> {
  const binding = bindingOf(name, scope);
  const parent = ancestors.at(-1);
  const top = ancestors[1];
  const guarded = guardedObject(name, binding);
  if (guarded !== null) {
    const member = memberOf(parent);
    yield { kind: kindOfMember(guarded, member), use: member === null ? guarded : `${guarded}.${member}` };
  } else if (binding === undefined) {
    const member = /^(globalThis|global|self)$/.test(name) ? memberOf(parent) : null;
    yield { kind: kindOfGlobal(name), use: member === null ? name : `${name}.${member}` };
  } else if (binding.kind === "import" && top !== undefined) {
    const own = file.moduleOf(top) === file.moduleOf({ start: binding.at });
    if (!own && !binding.specifier.startsWith(".")) yield useOfImport(file, binding.specifier, binding.name);
  }
}

/** The name by which an object with dangerous members goes, or null: a global, or what `node:process` exports. */
function guardedObject(name: string, binding: Binding | undefined): string | null {
  if (binding === undefined) return Object.hasOwn(guardedObjects, name) ? name : null;
  if (binding.kind !== "import" || !/^(node:)?process$/.test(binding.specifier)) return null;
  return binding.name === "default" || binding.name === "*" ? "process" : null;
}

/** The member that is taken of an expression, when it is written out: nothing that runs can make it another one. */
function memberOf(parent: AnyNode | undefined): string | null {
  if (parent?.type !== "MemberExpression") return null;
  const { property } = parent;
  if (parent.computed) return property.type === "Literal" && typeof property.value === "string" ? property.value : null;
  return property.type === "Identifier" ? property.name : null;
}

function* useOfImportMeta(parent: AnyNode | undefined): Iterable<Use> {
  const member = memberOf(parent);
  if (!/^(dirname|filename|url)$/.test(member ?? ""))
    yield { kind: "anything", use: member === null ? "import.meta" : `import.meta.${member}` };
}

function* usesOfProperty(
  node: Extract<AnyNode, { type: "MemberExpression" }>,
  parent: AnyNode | undefined,
  scope: Scope,
): Iterable<Use> {
  const name = memberOf(node) ?? (node.computed ? constantText(node.property, scope) : null);
  const { object } = node;
  // A member of process is judged as such.
  if (name === null || (object.type === "Identifier" && guardedObject(object.name, bindingOf(object.name, scope))))
    return;
  // The name of a class, or whether it is this one: that calls nothing.
  const onlyAsked = name === "constructor" && (memberOf(parent) === "name" || isComparison(parent));
  if (!onlyAsked) yield { kind: kindOfProperty(name), use: `.${name}` };
}

function isComparison(node: AnyNode | undefined): boolean {
  return node?.type === "BinaryExpression" && /^[!=]==?$/.test(node.operator);
}

/** Whether something has this name, which gets at nothing. */
function isQuestion(node: AnyNode | undefined): boolean {
  return (
    isComparison(node) || node?.type === "SwitchCase" || (node?.type === "BinaryExpression" && node.operator === "in")
  );
}

/** `const { constructor } = f`, `new Worker(code, { eval: true })`. */
function* usesOfKey(
  node: Extract<AnyNode, { type: "Property" | "PropertyDefinition" | "MethodDefinition" }>,
  parent: AnyNode | undefined,
  scope: Scope,
): Iterable<Use> {
  if (node.type === "MethodDefinition" && node.kind === "constructor") return;
  const { key } = node;
  const name = key.type === "Identifier" && !node.computed ? key.name : constantText(key, scope);
  if (name === null) return;
  if (parent?.type === "ObjectPattern") yield { kind: kindOfProperty(name), use: `{ ${name} }` };
  else yield { kind: name === "eval" ? "code" : kindOfText(name), use: `{ ${name}: … }` };
}

/** A text given to a timer would be code in a browser; Node refuses it, and so does this. */
function* usesOfTimer(node: Extract<AnyNode, { type: "CallExpression" }>, scope: Scope): Iterable<Use> {
  const { callee, arguments: given } = node;
  if (callee.type !== "Identifier" || !/^set(Timeout|Interval|Immediate)$/.test(callee.name)) return;
  const [first] = given;
  if (first === undefined || constantText(first, scope) !== null || first.type === "TemplateLiteral")
    yield { kind: "code", use: `${callee.name} of a text` };
}

function* usesOfText(node: AnyNode, parent: AnyNode | undefined, scope: Scope): Iterable<Use> {
  // The parts of a text that is put together are looked at as one, from its outermost node.
  if (parent?.type === "BinaryExpression" && parent.operator === "+") return;
  if (parent?.type === "ImportDeclaration" || parent?.type === "MemberExpression" || isQuestion(parent)) return;
  const text = constantText(node, scope);
  if (text !== null) yield { kind: kindOfText(text), use: JSON.stringify(text) };
}
