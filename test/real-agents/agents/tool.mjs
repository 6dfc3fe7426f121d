// What every agent here looks things up with: it takes a while, and its result must reach no file.
export async function lookup(key) {
  await new Promise((resolve) => setTimeout(resolve, 150));
  return `CANARY-RESULT of ${key}`;
}
