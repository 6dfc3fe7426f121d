/**
 * The text that an expression seems to have: a literal, constants, and texts put together. Good for finding a dangerous
 * name that was taken apart, never for taking a name for harmless: what runs can be another text. A name that is worked
 * out from something else is not seen.
 */
import type { AnyNode } from "acorn";
import { type Scope, scopeOf } from "./scopes.ts";

export function constantText(node: AnyNode, scope: Scope, depth = 0): string | null {
  // A constant can be made of itself, if only in code that fails.
  if (depth > 20) return null;
  const textOf = (part: AnyNode | null | undefined): string | null =>
    part ? constantText(part, scope, depth + 1) : null;
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" || typeof node.value === "number" ? String(node.value) : null;
    case "TemplateLiteral":
      return concatenated(
        node.quasis.flatMap((quasi, index) => [
          quasi.value.cooked ?? null,
          ...node.expressions.slice(index, index + 1).map(textOf),
        ]),
      );
    case "BinaryExpression":
      return node.operator === "+" ? concatenated([textOf(node.left), textOf(node.right)]) : null;
    case "SequenceExpression":
      return textOf(node.expressions.at(-1));
    case "ParenthesizedExpression":
      return textOf(node.expression);
    case "Identifier": {
      const declaredIn = scopeOf(node.name, scope);
      const binding = declaredIn?.names.get(node.name);
      if (declaredIn === undefined || binding?.kind !== "constant") return null;
      return constantText(binding.value, declaredIn, depth + 1);
    }
    case "CallExpression":
      return textOfCall(node, textOf);
    default:
      return null;
  }
}

function textOfCall(
  node: Extract<AnyNode, { type: "CallExpression" }>,
  textOf: (part: AnyNode | null) => string | null,
): string | null {
  const { callee, arguments: given } = node;
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return null;
  const { object, property } = callee;
  if (property.name === "join" && object.type === "ArrayExpression") {
    const separator = given[0] === undefined ? "," : textOf(given[0]);
    const parts = object.elements.map(textOf);
    return separator === null || parts.includes(null) ? null : parts.join(separator);
  }
  if (property.name === "concat") return concatenated([textOf(object), ...given.map(textOf)]);
  if (property.name === "fromCharCode" || property.name === "fromCodePoint") {
    const codes = given.map((part) => Number(textOf(part) ?? Number.NaN));
    return codes.every((code) => Number.isInteger(code) && code >= 0 && code < 0x110000)
      ? String.fromCodePoint(...codes)
      : null;
  }
  return null;
}

function concatenated(parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.join("");
}
