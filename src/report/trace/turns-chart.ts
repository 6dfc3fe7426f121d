/** How the input of a conversation grows by its turns, how much of it was cached, and what came back. */
import { max } from "d3-array";
import { format } from "d3-format";
import { scaleBand, scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import type { TurnTokens } from "../../analysis/trace/turns.ts";
import { count } from "../format.ts";
import { element, escaped, image } from "../html/markup.ts";
import { legend } from "./legend.ts";

const width = 960;
const height = 240;
const left = 60;
const top = 34;
const bottom = 26;

interface Bar {
  cached: number;
  fresh: number;
  output: number;
}

const layers = ["cached", "fresh", "output"] as const;

/** @param turns of one conversation, several turns together where there are many: a bar is of a call, on average. */
export function turnsChart(turns: readonly TurnTokens[], conversation: number): string {
  const bars = turns.map(({ calls, input_tokens, output_tokens, cached_tokens }): Bar => {
    const cached = Math.min(input_tokens, cached_tokens ?? 0) / calls;
    return { cached, fresh: input_tokens / calls - cached, output: output_tokens / calls };
  });
  const highest = max(bars, ({ cached, fresh, output }) => cached + fresh + output) ?? 0;
  const x = scaleBand(
    turns.map((_, place) => place),
    [left, width],
  ).padding(turns.length > 60 ? 0.1 : 0.25);
  const y = scaleLinear([0, Math.max(1, highest)], [height - bottom, top]).nice();
  const short = format("~s");
  const grid = y
    .ticks(5)
    .map(
      (tokens) =>
        element("line", { x1: left, x2: width, y1: y(tokens), y2: y(tokens), class: "axis" }) +
        element(
          "text",
          { x: left - 8, y: y(tokens) + 4, "text-anchor": "end", class: "faint" },
          escaped(short(tokens)),
        ),
    );
  const barWidth = Math.min(48, x.bandwidth());
  const middle = (place: number) => (x(place) ?? 0) + x.bandwidth() / 2;
  const every = Math.ceil(turns.length / 16);
  const names = turns.flatMap(({ from }, place) =>
    place % every === 0
      ? [element("text", { x: middle(place), y: height - 8, "text-anchor": "middle", class: "faint" }, count(from))]
      : [],
  );
  const rects = stack<Bar, (typeof layers)[number]>()
    .keys([...layers])(bars)
    .flatMap((series) =>
      series.map(([from, to], place) =>
        element(
          "rect",
          {
            x: middle(place) - barWidth / 2,
            y: y(to),
            width: barWidth,
            height: Math.max(0, y(from) - y(to)),
            class: series.key,
          },
          element("title", {}, escaped(titleOf(turns[place] as TurnTokens))),
        ),
      ),
    );
  return image(
    {
      id: `turns-${conversation}`,
      title: `Tokens by turn of conversation ${conversation}`,
      description:
        "Input of a call, its cached part at the bottom, and output, by turn; the table below has the numbers.",
      width,
      height,
      leastWidth: 640,
    },
    legend([
      { className: "cached", text: "input, cached" },
      { className: "fresh", text: "input, not cached" },
      { className: "output", text: "output" },
    ]),
    element(
      "text",
      { x: width, y: 14, "text-anchor": "end", class: "faint" },
      escaped(`conversation ${conversation}, tokens of a call by turn`),
    ),
    ...grid,
    ...rects,
    ...names,
  );
}

function titleOf({ from, to, calls, input_tokens, output_tokens, cached_tokens }: TurnTokens): string {
  const turn = from === to ? `turn ${from}` : `turns ${from} to ${to}`;
  const cached = cached_tokens === null ? "cached not known" : `${count(cached_tokens)} cached`;
  return `${turn}, ${calls} ${calls === 1 ? "call" : "calls"}: ${count(input_tokens)} input (${cached}), ${count(output_tokens)} output`;
}
