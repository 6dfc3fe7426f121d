import { describe, expect, it } from "vitest";
import { longTrace, modelCall, sampleTrace, toolCall } from "../../runs/sample-trace.fixture.ts";
import { outlineOf } from "./outline.ts";

const shape = (nodes: Parameters<typeof outlineOf>[0]) =>
  outlineOf(nodes).map(
    ({ node, depth, role }) => `${"  ".repeat(depth)}${node.id}${role === null ? "" : ` ${role.kind}`}`,
  );

describe("the outline of a trace", () => {
  it("has the turns of a conversation in one column, and steps in for tools, branches and sub-agents", () => {
    expect(shape(sampleTrace())).toEqual([
      "2",
      "  3",
      "  4",
      "    5 sub_agent",
      "  11 branch",
      "    12",
      "7",
      "9 retry",
    ]);
  });

  it("says for each step in whether more is to come there", () => {
    const open = outlineOf(sampleTrace()).map((row) => row.open.map(Number).join(""));
    expect(open).toEqual(["1", "11", "11", "110", "10", "100", "1", "0"]);
  });

  it("loses no call and no tool call, and is no deeper for a thousand turns than for one", () => {
    const nodes = longTrace(1000);
    const rows = outlineOf(nodes);
    expect(rows).toHaveLength(nodes.length);
    expect(Math.max(...rows.map(({ depth }) => depth))).toBe(1);
  });

  it("shows a node whose parent is not there by itself", () => {
    expect(shape([modelCall(3, 0, 10, { parent: 1 }), toolCall(4, 10, 20, { parent: 2 })])).toEqual(["3", "4"]);
  });

  it("cannot be led in circles by a file that names a later node as parent", () => {
    expect(shape([modelCall(0, 0, 10, { parent: 1 }), modelCall(1, 10, 20, { parent: 0 })])).toEqual(["0", "1"]);
  });
});
