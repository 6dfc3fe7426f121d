/** Writes a metrics page in Prometheus' text format 0.0.4. */
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";

export type LabelSet = Readonly<Record<string, string>>;

export type WrittenFamily = { name: string; help: string } & (
  | { type: "counter" | "gauge"; samples: { labels: LabelSet; value: number }[] }
  | { type: "histogram"; samples: { labels: LabelSet; histogram: CumulativeHistogram }[] }
);

/** A family without samples is left out. Names are the caller's own; help and label values may hold anything. */
export function writeExposition(families: readonly WrittenFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => {
      const { name, help, type } = family;
      const lines =
        type === "histogram" ? family.samples.flatMap((each) => histogramLines(name, each)) : plainLines(family);
      return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;
    })
    .join("");
}

function plainLines({ name, samples }: Extract<WrittenFamily, { type: "counter" | "gauge" }>): string[] {
  return samples.map(({ labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`);
}

function histogramLines(name: string, { labels, histogram }: { labels: LabelSet; histogram: CumulativeHistogram }) {
  const { bounds, counts, sum, count } = histogram;
  const finite = bounds.flatMap((bound, i) =>
    bound === null ? [] : [[numberText(bound), counts[i] as number] as const],
  );
  return [
    ...[...finite, ["+Inf", count] as const].map(
      ([le, value]) => `${name}_bucket${labelText({ ...labels, le })} ${numberText(value)}`,
    ),
    `${name}_sum${labelText(labels)} ${numberText(sum)}`,
    `${name}_count${labelText(labels)} ${numberText(count)}`,
  ];
}

function labelText(labels: LabelSet): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"').toWellFormed();
}
