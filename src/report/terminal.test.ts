import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { type Summary, summarySchema } from "../runs/schemas/summary.ts";
import { distribution, figure, level, noDistribution, noRequest, summary, sweep } from "./sample-summary.fixture.ts";
import { terminalLines } from "./terminal.ts";
import { textWidth } from "./text-width.ts";
import { viewOf } from "./view.ts";

const place = { path: "./inferguard-runs/20260301-093000-bench-k3f9qz", argument: "20260301-093000-bench-k3f9qz" };

function shown(of: Summary, width = 80, style: { colour?: boolean; unicode?: boolean } = {}): string {
  return terminalLines(viewOf(of, place), { width, colour: false, unicode: true, ...style }).join("\n");
}

const hostile = "\x1b[2J\x1b]0;owned\x07\r\n\u202Eevil | <b>模型</b> ";

const cases: [string, () => Summary][] = [
  ["one level", summary],
  ["a sweep", sweep],
  [
    "a synthetic run",
    () =>
      summary({
        claim: "synthetic",
        claim_why: "the built-in engine answered",
        target: { ...summary().target, kind: "mimic" },
      }),
  ],
  ["an interrupted run", () => summary({ status: "interrupted", egress: null })],
  ["a run without token counts", withoutTokens],
  ["a run in which everything failed", allFailed],
  ["a run of a limited client", limited],
  ["an open loop with everything to say", everything],
  ["a run that ended before its first request", () => summary({ status: "failed", levels: [], egress: null })],
  ["a hostile run", hostileRun],
];

describe("the samples", () => {
  it.each(cases)("of %s are summaries by the schema", (_, make) => {
    expect(summarySchema.parse(make())).toEqual(make());
  });
});

describe.each(cases)("%s", (_, make) => {
  it.each([40, 60, 80, 100, 120])("fits in %d columns, with no trailing space and no control character", (width) => {
    for (const unicode of [true, false]) {
      const lines = terminalLines(viewOf(make(), place), { width, colour: false, unicode });
      expect(lines.length).toBeGreaterThan(3);
      for (const line of lines) {
        // A path that is wider than the terminal is not broken, so that it can be copied.
        expect(line.includes(place.argument) || textWidth(line) <= width, line).toBe(true);
        expect(line).toBe(line.trimEnd());
        expect(line).not.toMatch(/\p{C}/u);
      }
    }
  });

  it("is ASCII where nothing else can be shown", () => {
    expect(shown(make(), 80, { unicode: false })).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it("says the same with and without colour", () => {
    const coloured = shown(make(), 80, { colour: true });
    expect(coloured).toContain("\x1b[1m");
    expect(stripVTControlCharacters(coloured)).toBe(shown(make(), 80));
    expect(coloured).not.toMatch(/ $/m);
  });
});

describe("the whole text", () => {
  it("of one level at 80 columns", () =>
    expect(shown(summary(), 80)).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Got 3.10 requests/s, 397 output tokens/s at concurrency 16
      TTFT p50 120 ms [116, 125]; TPOT p50 ~11.2 ms [10.9, 11.6]; E2E p50 1,540 ms
      [1,490, 1,600] (in brackets: 95 % intervals)

      Latency
                               mean    p50    p90    p95    p99  p99.9    max  samples
      TTFT                ms    132    120    192    228      —      —    396      400
      TTFT from intended  ms    133    121    194    230      —      —    399      400
      TPOT                ms  ~12.3  ~11.2  ~17.9  ~21.3      —      —  ~37.0      400
      ITL                 ms  ~12.1  ~11.0  ~17.7  ~21.0  ~28.7  ~34.2  ~36.4   50,800
      event gap           ms   12.1   11.0   17.7   21.0   28.7   34.2   36.4   50,800
      E2E                 ms  1,690  1,540  2,460  2,930      —      —  5,080      400
      E2E from intended   ms  1,700  1,540  2,470  2,930      —      —  5,090      400
      — p99 needs 662 samples; p99.9 needs 6,636 samples
      ~ inferred: each event is taken to carry one token; the first event is taken to
      carry one token

      Throughput
                       steady  whole
      requests/s         3.10   2.88
      output tokens/s     397    369
      input tokens/s    1,590  1,480
      steady: 2.10 s to 58.2 s of the run, without ramp and drain

      Engine
                               mean     max  increase
      running requests         15.2      16
      waiting requests        0.400       3
      KV cache usage         31.2 %  47.1 %
      preemptions                                   0
      prefix cache hit rate     0 %

      Requests    400 measured: 400 ok, 0 failed; 16 of warm-up not counted
      In flight   15.8 on average, at most 16
      Connecting  16 connections, 0.231 ms on average, at most 0.693 ms
      Tokens      input 512, output 128 of 128 wanted, on average for a request
      Client      ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100
                  events; busiest worker 12.3 % of a core
      Egress      --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1
                  look-up; 0 denied

      Started     2026-03-01 09:30:00 UTC
      Run         ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next        a p99 of TTFT takes 662 answered requests: --requests 662
                  inferguard report 20260301-093000-bench-k3f9qz shows this again;
                  --format md or csv to pass it on
                  inferguard runs list shows every run"
    `));
  it("of one level at 60 columns, in ASCII", () =>
    expect(shown(summary(), 60, { unicode: false })).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Got 3.10 requests/s, 397 output tokens/s at concurrency 16
      TTFT p50 120 ms [116, 125]; TPOT p50 ~11.2 ms [10.9, 11.6];
      E2E p50 1,540 ms [1,490, 1,600] (in brackets: 95 %
      intervals)

      Latency
                               mean    p50    p90    p99    max
      TTFT                ms    132    120    192      -    396
      TTFT from intended  ms    133    121    194      -    399
      TPOT                ms  ~12.3  ~11.2  ~17.9      -  ~37.0
      ITL                 ms  ~12.1  ~11.0  ~17.7  ~28.7  ~36.4
      event gap           ms   12.1   11.0   17.7   28.7   36.4
      E2E                 ms  1,690  1,540  2,460      -  5,080
      E2E from intended   ms  1,700  1,540  2,470      -  5,090
      - p99 needs 662 samples
      ~ inferred: each event is taken to carry one token; the
      first event is taken to carry one token
      Not shown at this width: p95, p99.9, samples

      Throughput
                       steady  whole
      requests/s         3.10   2.88
      output tokens/s     397    369
      input tokens/s    1,590  1,480
      steady: 2.10 s to 58.2 s of the run, without ramp and drain

      Engine
                               mean     max  increase
      running requests         15.2      16
      waiting requests        0.400       3
      KV cache usage         31.2 %  47.1 %
      preemptions                                   0
      prefix cache hit rate     0 %

      Requests    400 measured: 400 ok, 0 failed; 16 of warm-up
                  not counted
      In flight   15.8 on average, at most 16
      Connecting  16 connections, 0.231 ms on average, at most
                  0.693 ms
      Tokens      input 512, output 128 of 128 wanted, on average
                  for a request
      Client      ok: it adds at most 0.214 ms to a TTFT or a gap,
                  at 99 of 100 events; busiest worker 12.3 % of a
                  core
      Egress      --endpoint 127.0.0.1:8000: 40 connections, 12.1
                  KB out, 310 KB in; 1 look-up; 0 denied

      Started     2026-03-01 09:30:00 UTC
      Run         ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next        a p99 of TTFT takes 662 answered requests:
                  --requests 662
                  inferguard report 20260301-093000-bench-k3f9qz
                  shows this again; --format md or csv to pass it
                  on
                  inferguard runs list shows every run"
    `));
  it("of a sweep at 80 columns", () =>
    expect(shown(sweep(), 80)).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Most 15.5 requests/s, 1,980 output tokens/s at concurrency 16
      TTFT p50 600 ms [582, 624], p99 1,560 ms [1,510, 1,620]; TPOT p50 ~56.0 ms
      [54.3, 58.2]; E2E p50 7,700 ms [7,470, 8,010]; 12 of 1,000 failed (in brackets:
      95 % intervals)

      Load levels
                          output  ── TTFT ──   TPOT  ─ event gap ─    E2E
      concurrency  req/s   tok/s  p50    p99    p50   p50      p99    p50  errors
                                   ms     ms     ms    ms       ms     ms
                1   3.10     397  120      —  ~11.2  11.0     28.7  1,540       0
                2   6.20     794  150      —  ~14.0  13.8     35.9  1,930       0
                4   9.30   1,190  240      —  ~22.4  22.1     57.4  3,080       0
                8   12.4   1,590  390  1,010  ~36.4  35.9     93.3  5,010       0
               16   15.5   1,980  600  1,560  ~56.0  55.2      144  7,700      12
      — p99 needs 662 samples
      ~ inferred: the first event is taken to carry one token

      Engine
                   ─ running ─  ─ waiting ─  KV cache                 prefix
      concurrency  mean    max   mean   max       max  preemptions  hit rate
                1  15.2     16  0.400     3    47.1 %            0       0 %
                2  15.2     16  0.400     3    47.1 %            0       0 %
                4  15.2     16  0.400     3    47.1 %            0       0 %
                8  15.2     16  0.400     3    47.1 %            0       0 %
               16  15.2     16  0.400     3    47.1 %            0       0 %

      Requests  3,000 measured: 2,988 ok, 12 failed (0.4 %); 80 of warm-up not counted
      Errors    9 http_5xx (503), 3 reset
      Tokens    input 512, output 128 of 128 wanted, on average for a request
      Client    ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100 events;
                busiest worker 12.3 % of a core
      Egress    --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1
                look-up; 0 denied

      Started   2026-03-01 09:30:00 UTC
      Run       ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next      a p99 of TTFT takes 662 answered requests at each level: --requests
                662
                inferguard report 20260301-093000-bench-k3f9qz shows this again;
                --format md or csv to pass it on
                inferguard runs list shows every run"
    `));
  it("of a sweep at 120 columns", () =>
    expect(shown(sweep(), 120)).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Most 15.5 requests/s, 1,980 output tokens/s at concurrency 16
      TTFT p50 600 ms [582, 624], p99 1,560 ms [1,510, 1,620]; TPOT p50 ~56.0 ms [54.3, 58.2]; E2E p50 7,700 ms [7,470,
      8,010]; 12 of 1,000 failed (in brackets: 95 % intervals)

      Load levels
                          output  ── TTFT ──   TPOT  ─ event gap ─    E2E
      concurrency  req/s   tok/s  p50    p99    p50   p50      p99    p50  errors
                                   ms     ms     ms    ms       ms     ms
                1   3.10     397  120      —  ~11.2  11.0     28.7  1,540       0
                2   6.20     794  150      —  ~14.0  13.8     35.9  1,930       0
                4   9.30   1,190  240      —  ~22.4  22.1     57.4  3,080       0
                8   12.4   1,590  390  1,010  ~36.4  35.9     93.3  5,010       0
               16   15.5   1,980  600  1,560  ~56.0  55.2      144  7,700      12
      — p99 needs 662 samples
      ~ inferred: the first event is taken to carry one token

      Engine
                   ─ running ─  ─ waiting ─  KV cache                 prefix
      concurrency  mean    max   mean   max       max  preemptions  hit rate
                1  15.2     16  0.400     3    47.1 %            0       0 %
                2  15.2     16  0.400     3    47.1 %            0       0 %
                4  15.2     16  0.400     3    47.1 %            0       0 %
                8  15.2     16  0.400     3    47.1 %            0       0 %
               16  15.2     16  0.400     3    47.1 %            0       0 %

      Requests  3,000 measured: 2,988 ok, 12 failed (0.4 %); 80 of warm-up not counted
      Errors    9 http_5xx (503), 3 reset
      Tokens    input 512, output 128 of 128 wanted, on average for a request
      Client    ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100 events; busiest worker 12.3 % of a core
      Egress    --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1 look-up; 0 denied

      Started   2026-03-01 09:30:00 UTC
      Run       ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next      a p99 of TTFT takes 662 answered requests at each level: --requests 662
                inferguard report 20260301-093000-bench-k3f9qz shows this again; --format md or csv to pass it on
                inferguard runs list shows every run"
    `));
  it("of a run without token counts", () =>
    expect(shown(withoutTokens(), 80)).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Got 3.10 requests/s at concurrency 4
      TTFT p50 120 ms [116, 125]; E2E p50 1,540 ms [1,490, 1,600] (in brackets: 95 %
      intervals)

      Latency
                               mean    p50    p90    p95    p99  p99.9    max  samples
      TTFT                ms    132    120      —      —      —      —    396       40
      TTFT from intended  ms    133    121      —      —      —      —    399       40
      ITL                 ms  ~12.1  ~11.0  ~17.7  ~21.0  ~28.7      —  ~36.4    5,080
      event gap           ms   12.1   11.0   17.7   21.0   28.7      —   36.4    5,080
      E2E                 ms  1,690  1,540      —      —      —      —  5,080       40
      E2E from intended   ms  1,700  1,540      —      —      —      —  5,090       40
      — p90 needs 64 samples; p95 needs 130 samples; p99 needs 662 samples; p99.9
      needs 6,636 samples
      ~ inferred: each event is taken to carry one token
      No TPOT: nobody counted the tokens

      Throughput
                       steady  whole
      requests/s         3.10   2.88
      output tokens/s       —      —
      input tokens/s        —      —
      — nobody counted the tokens
      steady: 2.10 s to 58.2 s of the run, without ramp and drain

      Requests    40 measured: 40 ok, 0 failed; 16 of warm-up not counted
      In flight   15.8 on average, at most 16
      Connecting  16 connections, 0.231 ms on average, at most 0.693 ms
      Tokens      not known: nobody counted the tokens
      Client      ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100
                  events; busiest worker 12.3 % of a core
      Egress      --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1
                  look-up; 0 denied

      Started     2026-03-01 09:30:00 UTC
      Run         ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next        a p99 of TTFT takes 662 answered requests: --requests 662
                  inferguard report 20260301-093000-bench-k3f9qz shows this again;
                  --format md or csv to pass it on
                  inferguard runs list shows every run"
    `));
  it("of a run in which everything failed", () =>
    expect(shown(allFailed(), 80)).toMatchInlineSnapshot(`
      "tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      All 40 requests failed

      Requests  40 measured: 0 ok, 40 failed (100 %)
      Errors    40 refused
      Tokens    not known: no request was answered
      Client    ok: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100 events;
                busiest worker 12.3 % of a core
      Egress    --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1
                look-up; 0 denied

      Started   2026-03-01 09:30:00 UTC
      Run       ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next      inferguard report 20260301-093000-bench-k3f9qz shows this again;
                --format md or csv to pass it on
                inferguard runs list shows every run"
    `));
  it("of an open loop with everything to say", () =>
    expect(shown(everything(), 80)).toMatchInlineSnapshot(`
      "nightly: tiny-llama at http://127.0.0.1:8000/v1/chat/completions

      Got ~3.90 requests/s, ~499 output tokens/s at 4 requests/s (poisson)
      TTFT p50 120 ms [116, 125], p99 312 ms [303, 324]; TPOT p50 ~11.2 ms [10.9,
      11.6]; E2E p50 1,540 ms [1,490, 1,600]; 20 of 7,150 failed (in brackets: 95 %
      intervals)

      Latency
                               mean    p50    p90    p95    p99  p99.9    max  samples
      TTFT                ms    132    120    192    228    312    372    396    7,000
        to reasoning      ms    130    118    189    224    307    366    389    6,900
        to content        ms  1,050    950  1,520  1,810  2,470  2,950  3,140    7,000
        to tool call      ms  1,540  1,400      —      —      —      —  4,620       12
      TTFT from intended  ms    133    121    194    230    315    375    399    7,000
      TPOT                ms  ~12.3  ~11.2  ~17.9  ~21.3  ~29.1  ~34.7  ~37.0    7,000
      ITL                 ms  ~12.1  ~11.0  ~17.7  ~21.0  ~28.7  ~34.2  ~36.4  889,000
      event gap           ms   12.1   11.0   17.7   21.0   28.7   34.2   36.4  889,000
      E2E                 ms  1,690  1,540  2,460  2,930  4,000  4,770  5,080    7,000
      E2E from intended   s    15.4   14.0   22.4   26.6   36.4   43.4   46.2    7,000
      — p90 needs 64 samples; p95 needs 130 samples; p99 needs 662 samples; p99.9
      needs 6,636 samples
      ~ inferred: each event is taken to carry one token; the first event is taken to
      carry one token

      Throughput
                                    whole
      requests/s                    ~3.90
      output tokens/s                ~499
      input tokens/s               ~2,000
      output tokens/s per GPU       ~62.4
      goodput, requests/s           ~3.10
      requests that met every SLO  79.5 %
      ~ inferred: no_steady_window
      whole: 0 s to 61.0 s of the run, ramp and drain included; no steady window: in
      flight never settled

      Engine 1
                               mean     max  increase
      running requests         15.2      16
      waiting requests        0.400       3
      KV cache usage         31.2 %  47.1 %
      preemptions                                   0
      prefix cache hit rate     0 %

      Engine 2
                               mean     max  increase
      running requests         15.2      16
      waiting requests        0.400       3
      KV cache usage         31.2 %  47.1 %
      preemptions                                   0
      prefix cache hit rate     0 %

      Requests    7,150 measured: 7,000 ok, 20 failed (0.3 %), 30 cancelled, 100
                  wanted but not sent; 16 of warm-up not counted
      Errors      15 rate_limited (429), 5 idle_timeout
      In flight   15.8 on average, at most 16
      Connecting  16 connections, 0.231 ms on average, at most 0.693 ms
      Tokens      input 512 (25 % cached), output 128 of 128 wanted, on average for a
                  request
      Client      degraded: it adds at most 0.214 ms to a TTFT or a gap, at 99 of 100
                  events; 98.6 % of the offered load was sent; busiest worker 12.3 %
                  of a core
                  4 requests/s: sends were late
      Egress      --endpoint 127.0.0.1:8000: 40 connections, 12.1 KB out, 310 KB in; 1
                  look-up; 0 denied

      Note        certificates were not checked (--insecure): anyone between could
                  have answered
      Missing     timeline.jsonl: the disk was full after 40 s

      Started     2026-03-01 09:30:00 UTC
      Run         ./inferguard-runs/20260301-093000-bench-k3f9qz
      Next        inferguard report 20260301-093000-bench-k3f9qz shows this again;
                  --format md or csv to pass it on
                  inferguard runs list shows every run"
    `));
});

describe("what must not be overlooked", () => {
  it("is above every number: a synthetic run", () => {
    const text = shown(summary({ claim: "synthetic", claim_why: "the built-in engine answered" }), 80);
    expect(text.split("\n")[1]).toBe("SYNTHETIC: the built-in engine answered");
    expect(text).toContain("\nLatency (synthetic)\n");
    expect(text).toContain("\nThroughput (synthetic)\n");
  });

  it("is above every number: an interrupted run, whose egress is not claimed", () => {
    const text = shown(summary({ status: "interrupted", egress: null }), 80);
    expect(text.split("\n")[1]).toMatch(/^INTERRUPTED: /);
    expect(text).toMatch(/^Egress +not recorded/m);
  });

  it("is above every number: why a run ended early", () => {
    const text = "the run is failed: the disk is full; the numbers are of the requests that had ended";
    const failed = summary({ status: "failed", notes: [{ code: "NOT_COMPLETED", text }] });
    expect(shown(failed, 120).split("\n")[1]).toBe(`FAILED: ${text}`);
  });

  it("is said once, whatever notes the summary has of it", () => {
    const text = shown(everything(), 120);
    expect(text.match(/sends were late/g)).toHaveLength(1);
    expect(text.match(/in flight never settled/g)).toHaveLength(1);
    expect(text).toMatch(/^Note +certificates were not checked/m);
  });

  it("withholds the headline of a limited client and says why", () => {
    const text = shown(limited(), 80);
    expect(text.split("\n")[1]).toMatch(/^CLIENT LIMITED, no headline: concurrency 16: CPU 99 %/);
    expect(text).not.toMatch(/^Got /m);
    expect(text).toMatch(/^Client +limited: /m);
  });

  it("names denials", () => {
    const of = summary();
    if (of.egress !== null) of.egress.denied = 2;
    expect(shown(of, 80, { colour: true })).toContain("\x1b[31mlook-up; 2 denied\x1b[0m");
  });

  it("counts failures in red beside the rates that leave them out", () => {
    expect(shown(sweep(), 80, { colour: true })).toContain("\x1b[31m12\x1b[0m");
  });
});

describe("what cannot be shown", () => {
  it("at a width is named", () => {
    expect(shown(summary(), 60)).toContain("\nNot shown at this width: p95, p99.9, samples\n");
  });

  it("because there are too few samples says how many it takes, and how to get them", () => {
    const text = shown(summary(), 80);
    expect(text).toContain("— p99 needs 662 samples; p99.9 needs 6,636 samples");
    expect(text).toContain("--requests 662");
  });

  it("because it would be a terminal's instruction is spelt out", () => {
    const text = shown(hostileRun(), 120);
    expect(text).toContain("\\x1b[2J\\x1b]0;owned\\x07\\x0d\\x0a\\u{202e}evil | <b>模型</b>");
  });
});

describe("the detail", () => {
  it("of each level of a sweep is left to other forms", () => {
    expect(shown(sweep(), 120)).not.toContain("Latency at concurrency 16");
  });

  it("splits TTFT only where there is something to split", () => {
    expect(shown(summary(), 80)).not.toContain("to reasoning");
    expect(shown(everything(), 80)).toMatch(/^ {2}to reasoning/m);
  });
});

function withoutTokens(): Summary {
  const why = "nobody counted the tokens";
  const one = level(0, "concurrency 4", 40, 1);
  const none = figure(null, "tokens/s", { claim: "not_proven", why });
  return summary({
    levels: [
      {
        ...one,
        latency: { ...one.latency, tpot: noDistribution(why) },
        throughput: {
          ...one.throughput,
          output_tokens_per_s: none,
          input_tokens_per_s: none,
          whole_output_tokens_per_s: none,
          whole_input_tokens_per_s: none,
        },
        tokens: {
          ...one.tokens,
          input: noDistribution(why, "tokens"),
          output: noDistribution(why, "tokens"),
        },
        server: [],
      },
    ],
  });
}

function allFailed(): Summary {
  return summary({ levels: [noRequest(0, "concurrency 4", [{ kind: "refused", http_status: null, count: 40 }])] });
}

function limited(): Summary {
  const { client } = summary();
  return summary({
    headline: false,
    client: { ...client, verdict: "limited", reasons: ["concurrency 16: CPU 99 % for 40 s"], cpu_max: 0.99 },
  });
}

/** Reasoning and tool calls, no steady window, cancelled and unsent requests, SLOs, two engines, notes, losses. */
function everything(): Summary {
  const one = level(0, "4 requests/s (poisson)", 7000, 1);
  const inferred = { claim: "inferred", why: "no_steady_window" } as const;
  return summary({
    name: "nightly",
    levels: [
      {
        ...one,
        window: { kind: "whole_run", start_ms: 0, end_ms: 61_000, why: "in flight never settled" },
        requests: {
          ...one.requests,
          total: 7150,
          error: 20,
          cancelled: 30,
          not_sent: 100,
          errors: [
            { kind: "rate_limited", http_status: 429, count: 15 },
            { kind: "idle_timeout", http_status: null, count: 5 },
          ],
        },
        latency: {
          ...one.latency,
          ttft_reasoning: distribution(118, 6900),
          ttft_content: distribution(950, 7000),
          ttft_tool: distribution(1400, 12),
          e2e_from_intended: distribution(14_000, 7000),
        },
        throughput: {
          ...one.throughput,
          requests_per_s: figure(3.9, "requests/s", inferred),
          output_tokens_per_s: figure(499, "tokens/s", inferred),
          input_tokens_per_s: figure(2000, "tokens/s", inferred),
          output_tokens_per_s_per_gpu: figure(62.4, "tokens/s/GPU", inferred),
          goodput_requests_per_s: figure(3.1, "requests/s", inferred),
          good_fraction: figure(0.795, "ratio"),
        },
        tokens: { ...one.tokens, cached_fraction: figure(0.25, "ratio") },
        server: [...one.server, ...one.server.map((metric) => ({ ...metric, source: 1 }))],
      },
    ],
    client: {
      ...summary().client,
      verdict: "degraded",
      reasons: ["4 requests/s: sends were late"],
      offered_fraction: 0.986,
    },
    notes: [
      { code: "INSECURE_TLS", text: "certificates were not checked (--insecure): anyone between could have answered" },
      { code: "NO_STEADY_WINDOW", text: "no steady window was found (in flight never settled)" },
      { code: "CLIENT_DEGRADED", text: "the load generator's own work can be seen in the figures (sends were late)" },
    ],
    missing: [{ what: "timeline.jsonl", why: "the disk was full after 40 s" }],
  });
}

function hostileRun(): Summary {
  const base = sweep();
  return {
    ...base,
    name: hostile,
    claim: "not_proven",
    claim_why: hostile,
    target: { kind: "endpoint", origin: `http://${hostile}`, path: hostile.repeat(20), api: hostile, model: hostile },
    client: { ...base.client, verdict: "degraded", reasons: [hostile] },
    levels: base.levels.map((each) => ({
      ...each,
      load: `${hostile}${each.level}`,
      window: { ...each.window, why: hostile },
      server: each.server.map((metric) => ({ ...metric, role: hostile, metric: hostile, unit: hostile })),
    })),
    egress: {
      destinations: [
        { flag: hostile, host: hostile, port: 1, addresses: 2, lookups: 1, connections: 1, bytes_out: 1, bytes_in: 1 },
      ],
      denied: 1,
    },
    notes: [{ code: hostile, text: hostile }],
    missing: [{ what: hostile, why: hostile }],
  };
}
