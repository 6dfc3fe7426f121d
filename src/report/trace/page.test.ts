import { describe, expect, it } from "vitest";
import { longTrace, modelCall, sampleTrace, toolCall } from "../../runs/sample-trace.fixture.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import { tracePage } from "./page.ts";
import { summaryOf } from "./sample-trace-summary.fixture.ts";

const pageFor = (nodes: TraceNode[], over: Parameters<typeof summaryOf>[1] = {}) =>
  tracePage(summaryOf(nodes, over), nodes);

const evil = `"><script>alert(1)</script><img src=x onerror='x'>&\u202E`;
const hostile: TraceNode[] = [
  modelCall(0, 0, 100, { model: evil, tool_calls: 1 }),
  toolCall(1, 100, 200, { parent: 0, name: evil }),
];

const cases: [string, string][] = [
  ["a small trace", pageFor(sampleTrace())],
  ["a long trace", pageFor(longTrace(300))],
  ["a hostile trace", pageFor(hostile, { name: evil })],
  ["a trace without a node", pageFor([])],
];

/** The names of the elements of a page, in their order; throws where one is not closed in its place. */
function elementsOf(page: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, end, name = ""] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*)?>/g)) {
    if (name === "meta") continue;
    if (end === "") {
      open.push(name);
      names.push(name);
    } else if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(", ")}`);
  return names;
}

describe("the page of a trace", () => {
  it.each(cases)("of %s loads nothing, runs nothing, and forbids both", (_, page) => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    // Beside the style, no element could load anything or run anything, and no attribute could.
    const allowed =
      "html head title style body main header footer section h1 h2 p div svg desc g rect line text table thead tbody tr th td dl dt dd code";
    expect([...new Set(elementsOf(page))].filter((name) => !allowed.split(" ").includes(name))).toEqual([]);
    expect(page).not.toMatch(/<[^<>]*\s(on\w+|src|href|xlink:href|action)\s*=/);
    expect(page).not.toMatch(/url\(|@import/);
  });

  it("shows a hostile name as text, without what would turn its reading direction", () => {
    const page = pageFor(hostile, { name: evil });
    expect(page).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("\u202E");
  });

  it("names and describes each chart, and has a table beside it", () => {
    const page = pageFor(sampleTrace());
    const charts = page.match(/<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)"/g) ?? [];
    expect(charts).toHaveLength(3);
    for (const [, title, text] of page.matchAll(/aria-labelledby="(\S+) (\S+)"/g)) {
      expect(page).toContain(`<title id="${title}">`);
      expect(page).toContain(`<desc id="${text}">`);
    }
    expect(page.match(/<table>/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it("draws each call until its first token and from there, each tool, and what the run was doing", () => {
    const page = pageFor(sampleTrace());
    const [, waterfall = ""] = /<svg [^>]*waterfall-title.*?>(.*?)<\/svg>/s.exec(page) ?? [];
    const bars = (className: string) => waterfall.match(new RegExp(`class="${className}[^"]*"><title>#`, "g"))?.length;
    expect({ waiting: bars("wait"), tokens: bars("model"), tools: bars("tool") }).toEqual({
      waiting: 5,
      tokens: 5,
      tools: 3,
    });
    expect(waterfall.match(/class="(model|tool|idle)"><title>(model|tool|neither): /g)?.length).toBe(11);
  });

  it("stays small however long the trace is", () => {
    expect(pageFor(longTrace(300)).length).toBeLessThan(500_000);
  });
});
