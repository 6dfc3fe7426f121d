/** The run's wall time in one bar: model, tools beside no model call, neither. */
import { scaleLinear } from "d3-scale";
import type { TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { duration, percent } from "../format.ts";
import { element, escaped, image } from "../html/markup.ts";
import { legend } from "./legend.ts";

const width = 960;
const barTop = 30;
const barHeight = 34;

export function shareChart({ time }: TraceSummary): string {
  const parts = [
    { name: "model", className: "model", ms: time.model_ms },
    { name: "tools", className: "tool", ms: time.tool_ms },
    { name: "waiting", className: "idle", ms: time.waiting_ms },
  ];
  const x = scaleLinear([0, Math.max(1, time.wall_ms)], [0, width]);
  let from = 0;
  const bars = parts.map(({ name, className, ms }) => {
    const [left, right] = [x(from), x(from + ms)];
    from += ms;
    const share = percent(time.wall_ms === 0 ? 0 : ms / time.wall_ms);
    const label = `${name} ${share}`;
    return (
      element(
        "rect",
        { x: left, y: barTop, width: Math.max(0, right - left), height: barHeight, class: className },
        element("title", {}, escaped(`${label}, ${duration(ms)}`)),
      ) +
      (right - left < label.length * 7
        ? ""
        : element(
            "text",
            { x: left + 8, y: barTop + 22, class: name === "waiting" ? undefined : "on" },
            escaped(label),
          ))
    );
  });
  const description = parts.map(({ name, ms }) => `${name} ${duration(ms)}`).join(", ");
  return image(
    {
      id: "share",
      title: "Share of the run's time",
      description,
      width,
      height: barTop + barHeight + 4,
      leastWidth: 560,
    },
    legend(parts.map(({ name, className, ms }) => ({ className, text: `${name} ${duration(ms)}` }))),
    ...bars,
  );
}
