/** Counters, gauges and histograms as the Python client of Prometheus prints them: labels sorted, floats everywhere. */

export type Labels = Readonly<Record<string, string>>;

export interface Family {
  /** Printed as given: the names of counters end in _total by themselves. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** Upper bounds of a histogram's buckets, ascending, without infinity. */
  bounds?: readonly number[];
}

export interface Families<Key extends string> {
  add(key: Key, labels: Labels, amount: number): void;
  set(key: Key, labels: Labels, value: number): void;
  /** Records a histogram's value; with `times` 0 it only makes the series exist. */
  observe(key: Key, labels: Labels, value: number, times?: number): void;
  /** The page: every family in the table's order, each with its HELP and TYPE. */
  render(): string;
}

interface Series {
  labels: Labels;
  value: number;
  /** Of a histogram: per bucket, not cumulative; above the last bound only `count` grows. */
  counts: number[];
  count: number;
}

/** `print` writes numbers: as Python does unless told otherwise. */
export function createFamilies<Key extends string>(
  table: Readonly<Record<Key, Family>>,
  print: (value: number) => string = pythonFloat,
): Families<Key> {
  const series = new Map<Family, Map<string, Series>>();
  const seriesOf = (key: Key, labels: Labels): Series => {
    const ofFamily = series.get(table[key]) ?? new Map<string, Series>();
    series.set(table[key], ofFamily);
    const text = labelText(labels);
    const one = ofFamily.get(text) ?? { labels, value: 0, counts: (table[key].bounds ?? []).map(() => 0), count: 0 };
    ofFamily.set(text, one);
    return one;
  };
  return {
    add(key, labels, amount) {
      seriesOf(key, labels).value += amount;
    },
    set(key, labels, value) {
      seriesOf(key, labels).value = value;
    },
    observe(key, labels, value, times = 1) {
      const one = seriesOf(key, labels);
      const bucket = (table[key].bounds ?? []).findIndex((bound) => value <= bound);
      if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + times;
      one.count += times;
      one.value += value * times;
    },
    render() {
      const families: Family[] = Object.values(table);
      return families.map((family) => familyText(family, [...(series.get(family)?.values() ?? [])], print)).join("");
    },
  };
}

function familyText(family: Family, series: readonly Series[], print: (value: number) => string): string {
  const { name, type, help, bounds } = family;
  const lines = series.map((one) =>
    bounds === undefined ? line(name, one.labels, print(one.value)) : histogramText(name, bounds, one, print),
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function histogramText(
  name: string,
  bounds: readonly number[],
  { labels, counts, count, value }: Series,
  print: (value: number) => string,
): string {
  let below = 0;
  const buckets = bounds.map((bound, i) => {
    below += counts[i] ?? 0;
    return line(`${name}_bucket`, { ...labels, le: print(bound) }, print(below));
  });
  const infinite = line(`${name}_bucket`, { ...labels, le: "+Inf" }, print(count));
  const total = line(`${name}_count`, labels, print(count));
  return `${buckets.join("")}${infinite}${total}${line(`${name}_sum`, labels, print(value))}`;
}

function line(name: string, labels: Labels, value: string): string {
  return `${name}${labelText(labels)} ${value}\n`;
}

function labelText(labels: Labels): string {
  const names = Object.keys(labels).sort();
  return names.length === 0 ? "" : `{${names.map((name) => `${name}="${escape(labels[name] ?? "")}"`).join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Python prints a whole number as 1.0. */
function pythonFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}
