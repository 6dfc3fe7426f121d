/** Words that stand nowhere else, to find where a secret went: as it is, reversed, in hexadecimal digits or in base64. */

/** It says in a leak what has leaked. */
export function canary(name: string): string {
  return `canary-${name}-5b1f9c2e7d`;
}

/** The names of those that are in the text, and in which form. */
export function leaksIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  const lower = text.toLowerCase();
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).flatMap(([form, value]) => (lower.includes(value.toLowerCase()) ? [`${name}, ${form}`] : [])),
  );
}

function formsOf(secret: string): [form: string, value: string][] {
  const bytes = Buffer.from(secret);
  // At each alignment, without the characters at the ends: they depend on the neighbours.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  return [
    ["plain", secret],
    ["reversed", secret.split("").toReversed().join("")],
    ["hex", bytes.toString("hex")],
    ...base64.map((value): [string, string] => ["base64", value]),
    ...base64.map((value): [string, string] => ["base64url", value.replaceAll("+", "-").replaceAll("/", "_")]),
  ];
}
