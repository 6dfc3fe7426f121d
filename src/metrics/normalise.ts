/**
 * Turns the families of one page into the normalised names of one timeline row. What cannot be said of the whole page,
 * such as a sum with a part missing, is left out.
 */
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import type { Catalogue, CatalogueEntry } from "./catalogues/catalogue.ts";
import { bareName, recogniseEngine } from "./catalogues/index.ts";
import { combineHistograms, combineValues, scale, scaleHistogram } from "./combine.ts";
import type { Family, Sample } from "./exposition/families.ts";
import { histogramsOf, seriesKey } from "./exposition/histograms.ts";
import type { Labels } from "./exposition/tokens.ts";
import { metricNames } from "./names.ts";

export interface NormalisedPage extends Pick<TimelineRow, "engine" | "gauges" | "counters" | "histograms"> {
  /** Names on the page that the catalogue does not know. The raw page keeps them. */
  unknown: string[];
}

export function normaliseFamilies(families: readonly Family[]): NormalisedPage {
  const page: NormalisedPage = { engine: null, gauges: {}, counters: {}, histograms: {}, unknown: [] };
  const recognised = recogniseEngine(families);
  const { catalogue, prefix } = recognised ?? { catalogue: null, prefix: "" };
  page.engine = catalogue?.engine ?? null;
  const byRaw = new Map<string, Family>();
  for (const family of families) {
    const raw = catalogue === null ? null : bareName(family.name, prefix);
    if (raw === null || catalogue === null || !isKnown(raw, catalogue)) page.unknown.push(family.name);
    else if (!byRaw.has(raw)) byRaw.set(raw, family);
  }
  for (const entry of catalogue?.entries ?? []) {
    const family = byRaw.get(entry.raw);
    if (family !== undefined && catalogue !== null) addEntry(page, entry, family, catalogue);
  }
  return page;
}

function isKnown(raw: string, { entries, notUsed }: Catalogue): boolean {
  // The Python client shows when each counter began as a gauge of its own.
  const name = raw.replace(/_created$/, "");
  return Object.hasOwn(notUsed, name) || entries.some((entry) => entry.raw === name);
}

function addEntry(page: NormalisedPage, entry: CatalogueEntry, family: Family, catalogue: Catalogue): void {
  const { kind, combine } = metricNames[entry.name];
  const copies = entry.copies ?? catalogue.copies;
  if (kind === "histogram") {
    if (family.type !== "histogram" || Object.hasOwn(page.histograms, entry.name)) return;
    const series = histogramsOf(family).filter(({ labels }) => matches(labels, entry));
    const combined = combineHistograms(
      series.map(({ labels, histogram }) => ({ key: seriesKey(labels, ...copies), value: histogram })),
    );
    if (combined !== null) page.histograms[entry.name] = scaleHistogram(combined, entry.factor ?? 1);
    return;
  }
  const values = kind === "gauge" ? page.gauges : page.counters;
  if (isDistribution(family) || Object.hasOwn(values, entry.name)) return;
  const series = currentSamples(family).filter(({ labels }) => matches(labels, entry));
  const combined = combineValues(
    series.map((sample) => ({ key: seriesKey(sample.labels, ...copies), value: valueOf(sample, entry, catalogue) })),
    combine,
  );
  if (combined !== null) values[entry.name] = scale(combined, entry.factor ?? 1);
}

function isDistribution({ type }: Family): boolean {
  return type === "histogram" || type === "gaugehistogram" || type === "summary";
}

/** The last sample of each series, without the samples that say when a counter began. */
function currentSamples(family: Family): Sample[] {
  const last = new Map<string, Sample>();
  for (const sample of family.samples)
    if (sample.name !== `${family.name}_created`) last.set(seriesKey(sample.labels), sample);
  return [...last.values()];
}

function matches(labels: Labels, { where = {} }: CatalogueEntry): boolean {
  return Object.entries(where).every(([label, value]) => (labels.get(label) ?? "") === value);
}

/** Null when the series has no value: NaN, an infinity, an exporter's blank, a label that is not a number. */
function valueOf(sample: Sample, { product }: CatalogueEntry, { absentFrom = Infinity }: Catalogue): number | null {
  const value = product?.reduce((total, label) => total * toNumber(sample.labels.get(label)), 1) ?? sample.value;
  return Number.isFinite(value) && value < absentFrom ? value : null;
}

function toNumber(label: string | undefined): number {
  return label === undefined || label.trim() === "" ? NaN : Number(label);
}
