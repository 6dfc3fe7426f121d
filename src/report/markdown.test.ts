import { describe, expect, it } from "vitest";
import { markdownOf } from "./markdown.ts";
import { summary, sweep } from "./sample-summary.fixture.ts";
import { viewOf } from "./view.ts";

const place = { path: "./inferguard-runs/r", argument: "r" };

describe("Markdown", () => {
  it("holds the whole view of one level", () => {
    expect(markdownOf(viewOf(summary({ claim: "synthetic" }), place))).toMatchInlineSnapshot(`
      "# tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      > **SYNTHETIC: the reason was not recorded**

      **Got 3.10 requests/s, 397 output tokens/s at concurrency 16**

      TTFT p50 120 ms \\[116, 125\\]; TPOT p50 \\~11.2 ms \\[10.9, 11.6\\]; E2E p50 1,540 ms \\[1,490, 1,600\\] (in brackets: 95 % intervals)

      ## Latency (synthetic)

      |  |  | mean | p50 | p90 | p95 | p99 | p99.9 | max | samples |
      | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | TTFT | ms | 132 | 120 | 192 | 228 | — | — | 396 | 400 |
      | TTFT from intended | ms | 133 | 121 | 194 | 230 | — | — | 399 | 400 |
      | TPOT | ms | \\~12.3 | \\~11.2 | \\~17.9 | \\~21.3 | — | — | \\~37.0 | 400 |
      | ITL | ms | \\~12.1 | \\~11.0 | \\~17.7 | \\~21.0 | \\~28.7 | \\~34.2 | \\~36.4 | 50,800 |
      | event gap | ms | 12.1 | 11.0 | 17.7 | 21.0 | 28.7 | 34.2 | 36.4 | 50,800 |
      | E2E | ms | 1,690 | 1,540 | 2,460 | 2,930 | — | — | 5,080 | 400 |
      | E2E from intended | ms | 1,700 | 1,540 | 2,470 | 2,930 | — | — | 5,090 | 400 |

      — p99 needs 662 samples; p99.9 needs 6,636 samples

      \\~ inferred: each event is taken to carry one token; the first event is taken to carry one token

      ## Throughput (synthetic)

      |  | steady | whole |
      | --- | ---: | ---: |
      | requests/s | 3.10 | 2.88 |
      | output tokens/s | 397 | 369 |
      | input tokens/s | 1,590 | 1,480 |

      steady: 2.10 s to 58.2 s of the run, without ramp and drain

      ## Engine (synthetic)

      |  | mean | max | increase |
      | --- | ---: | ---: | ---: |
      | running requests | 15.2 | 16 |  |
      | waiting requests | 0.400 | 3 |  |
      | KV cache usage | 31.2 % | 47.1 % |  |
      | preemptions |  |  | 0 |
      | prefix cache hit rate | 0 % |  |  |

      ## Engine, everything it said at concurrency 16 (synthetic)

      |  | mean | max | increase |
      | --- | ---: | ---: | ---: |
      | running requests | 15.2 | 16 |  |
      | waiting requests | 0.400 | 3 |  |
      | KV cache usage | 31.2 % | 47.1 % |  |
      | prefix cache hits tokens |  |  | 0 |
      | prefix cache queries tokens |  |  | 204,800 |
      | preemptions |  |  | 0 |
      | generation tokens |  |  | 51,200 |

      - **Requests**: 400 measured: 400 ok, 0 failed; 16 of warm-up not counted
      - **In flight**: 15.8 on average, at most 16
      - **Connecting**: 16 connections, 0.231 ms on average, at most 0.693 ms
      - **Tokens**: input 512, output 128 of 128 wanted, on average for a request
      - **Client**: ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100 events; busiest worker 12.3 % of a core
      - **Egress**: --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1 look-up; 0 denied

      - **Started**: 2026-03-01 09:30:00 UTC
      - **Run**: ./inferguard-runs/r
      - **Next**: a p99 of TTFT takes 662 answered requests: --requests 662
        - inferguard report r shows this again; --format md or csv to pass it on
        - inferguard runs list shows every run
      "
    `);
  });

  it("has the details that a terminal leaves out: each level of a sweep, each metric of the engine", () => {
    const text = markdownOf(viewOf(sweep(), place));
    for (const concurrency of [1, 2, 4, 8, 16]) {
      expect(text).toContain(`\n## Latency at concurrency ${concurrency}\n`);
      expect(text).toContain(`\n## Throughput at concurrency ${concurrency}\n`);
    }
    expect(text).toContain("| generation tokens |  |  | 51,200 |");
  });

  it("gives every row of a table as many cells as its head", () => {
    const hostile = summary({ target: { ...summary().target, model: "a|b\\|c" } });
    for (const metric of hostile.levels[0]?.server ?? []) metric.metric = "x|y";
    const rows = markdownOf(viewOf(hostile, place))
      .split("\n")
      .filter((line) => line.startsWith("|"));
    const cells = (row: string) => row.replaceAll(/\\./g, "").split("|").length;
    expect(rows.length).toBeGreaterThan(20);
    let head = 0;
    for (const [line, row] of rows.entries()) {
      if (/^\| -|^\|[ :-]+\|/.test(rows[line + 1] ?? "")) head = cells(row);
      expect(cells(row)).toBe(head);
    }
  });

  it("lets no name become markup, a link or HTML", () => {
    const model = "<img src=x onerror=y> [a](javascript:z) **b** `c` &amp; # d";
    const text = markdownOf(viewOf(summary({ name: "# heading", target: { ...summary().target, model } }), place));
    expect(text).toContain("\\<img src=x onerror=y\\> \\[a\\](javascript:z) \\*\\*b\\*\\* \\`c\\` \\&amp; # d");
    expect(text).toMatch(/^# \\# heading: /);
  });
});
