import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runToEnd } from "../interruptible.ts";
import { parseInPieces } from "./json-in-pieces.ts";

const filler = "x".repeat(40_000);

/** What it comes to, and what JSON.parse comes to; an error by its kind. */
function both(text: string): [unknown, unknown] {
  const tried = (parse: () => unknown) => {
    try {
      return { value: parse() };
    } catch (error) {
      return { error: (error as Error).name };
    }
  };
  return [tried(() => runToEnd(parseInPieces(Buffer.from(text)))), tried(() => JSON.parse(text))];
}

describe("JSON in pieces", () => {
  it("comes to what JSON.parse comes to, with long values anywhere", () => {
    const long = fc.constantFrom(filler, [filler, 1, filler], { a: filler, b: [{ c: filler }] }, Array(20_000).fill(7));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue({ maxDepth: 2 }),
        long,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), fc.constant("__proto__")), tie("value"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 7), fc.boolean(), (given, space, asList) => {
        const [ours, theirs] = both(JSON.stringify(asList ? [given, filler] : { given, filler }, null, space));
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  it("takes and refuses what JSON.parse takes and refuses, where a byte is lost, doubled or changed", () => {
    const text = JSON.stringify({ a: [1, '\\"é€\ud83d', { b: [null, true, -1.5e3] }, []], c: {}, d: "[{" });
    const long = (edited: string) => `{"first":"${filler}","then": [ ${edited} , "${filler}", ${edited}]}`;
    for (let at = 0; at < text.length; at++)
      for (const changed of ["", text.slice(at, at + 1).repeat(2), ",", "]", "}", '"', "\\", " ", "0"]) {
        const [ours, theirs] = both(long(text.slice(0, at) + changed + text.slice(at + 1)));
        expect(ours, `${at} ${changed}`).toEqual(theirs);
      }
  });

  it.each([
    ["a comma at the end of a list", `[${"1,".repeat(20_000)}]`],
    ["a comma at the end of a list of long items", `["${filler}","${filler}",]`],
    ["no item between commas", `["${filler}",,1]`],
    ["no item before the first comma", `[,"${filler}"]`],
    ["blanks for an item", `[  ,"${filler}"]`],
    ["a comma at the end of an object", `{"a":"${filler}",}`],
    ["an empty object that is long", `{${" ".repeat(40_000)}}`],
    ["an empty list that is long", `[${" ".repeat(40_000)}]`],
    ["blanks around everything", ` \n[ "${filler}" ]\t\r`],
    ["something after the end", `["${filler}"]1`],
    ["nothing but blanks", " ".repeat(40_000)],
    ["a list closed as an object", `["${filler}"}`],
    ["a long number", "1".repeat(40_000)],
    ["the same name twice", `{"a":1,"b":"${filler}","a":2}`],
    ["a byte order mark", `\ufeff["${filler}"]`],
    ["lists in lists without an end", "[".repeat(100_000)],
    ["lists in lists, deep", `${"[".repeat(3000)}"${filler}"${"]".repeat(3000)}`],
    ["an end in the middle of a text", `["${filler}", "a`],
    ["an escaped quote at the end", `["${filler}\\"]`],
  ])("%s", (_, text) => {
    const [ours, theirs] = both(text);
    expect(ours).toEqual(theirs);
  });

  it("can be interrupted often in what is long", () => {
    const messages = Array.from({ length: 5000 }, (_, index) => ({ role: "user", content: `${index} `.repeat(20) }));
    const bytes = Buffer.from(JSON.stringify({ model: "m", messages }));
    let steps = 0;
    const parsing = parseInPieces(bytes);
    while (parsing.next().done !== true) steps++;
    expect(steps).toBeGreaterThan(bytes.length / 100_000);
  });
});
