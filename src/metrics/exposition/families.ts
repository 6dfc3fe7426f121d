/** Puts the lines of a page together: which family a sample belongs to, and what is said of a family. */
import type { FamilyMetadata, FamilyType } from "./metadata.ts";
import type { SampleLine } from "./sample.ts";
import { LineError } from "./tokens.ts";

export interface Sample extends SampleLine {
  line: number;
}

export interface Family {
  name: string;
  type: FamilyType;
  help: string | null;
  unit: string | null;
  /** In the page's order. A histogram's buckets, sum and count are here together; histograms.ts reads them. */
  samples: Sample[];
  /** Where it first appears. */
  line: number;
}

/** What a sample's name adds to its family's name. The first is the one that carries the value. */
const suffixes: Record<FamilyType, readonly string[]> = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  gaugehistogram: ["_bucket", "_gsum", "_gcount"],
  summary: ["", "_sum", "_count", "_created"],
  info: ["_info"],
  stateset: [""],
  unknown: [""],
};
const everySuffix = [...new Set(Object.values(suffixes).flat())].filter((suffix) => suffix !== "");

/** The names that the samples of a family of this type can have. */
export function sampleNames(name: string, type: FamilyType): string[] {
  return suffixes[type].map((suffix) => name + suffix);
}

export interface FamilyCollector {
  /** @throws LineError when the line contradicts what came before. */
  addMetadata(metadata: FamilyMetadata, line: number): void;
  /** @throws LineError when its name cannot be its family's. */
  addSample(sample: SampleLine, line: number): void;
  families(): Family[];
  /**
   * Leaves out what may go on after the last line, and returns the names: the last line's family, and those whose lines
   * do not stand together.
   */
  dropUnfinished(): string[];
}

/** `exact` is OpenMetrics to the letter: the lines of a family stand together, and a counter's sample ends in `_total`. */
export function collectFamilies(exact: boolean): FamilyCollector {
  const byName = new Map<string, Family>();
  const said = new Set<string>();
  const left = new Set<Family>();
  const scattered = new Set<Family>();
  let current: Family | null = null;

  const enter = (family: Family) => {
    if (family === current) return;
    if (left.has(family)) {
      if (exact) throw new LineError(`the lines of ${family.name} do not stand together`);
      scattered.add(family);
    }
    if (current !== null) left.add(current);
    current = family;
  };
  const start = (name: string, line: number): Family => {
    const family: Family = { name, type: "unknown", help: null, unit: null, samples: [], line };
    byName.set(name, family);
    return family;
  };
  const familyOf = (sampleName: string): Family | undefined => {
    const named = byName.get(sampleName);
    if (named !== undefined && takesBareName(named.type, exact)) return named;
    for (const suffix of everySuffix) {
      if (!sampleName.endsWith(suffix)) continue;
      const family = byName.get(sampleName.slice(0, -suffix.length));
      if (family !== undefined && suffixes[family.type].includes(suffix)) return family;
    }
    if (named === undefined) return undefined;
    throw new LineError(
      `${sampleName} is a ${named.type}, whose samples are ${sampleNames(sampleName, named.type).join(", ")}`,
    );
  };

  return {
    addMetadata(metadata, line) {
      const { keyword, name } = metadata;
      const family = byName.get(name) ?? start(name, line);
      enter(family);
      if (family.samples.length > 0) throw new LineError(`${keyword} of ${name} comes after its samples`);
      if (said.has(`${keyword} ${name}`)) throw new LineError(`a second ${keyword} of ${name}`);
      said.add(`${keyword} ${name}`);
      if (metadata.keyword === "TYPE") family.type = metadata.type;
      else if (metadata.keyword === "HELP") family.help = metadata.text;
      else family.unit = metadata.text;
    },
    addSample(sample, line) {
      // Most samples have the name of the one before.
      const previous = current?.samples.at(-1)?.name;
      const family =
        current !== null && previous === sample.name ? current : (familyOf(sample.name) ?? start(sample.name, line));
      enter(family);
      family.samples.push({ ...sample, line });
    },
    families: () => [...byName.values()],
    dropUnfinished() {
      if (current !== null) scattered.add(current);
      const names = [...scattered].map(({ name }) => name);
      for (const name of names) byName.delete(name);
      return names;
    },
  };
}

/** In the Prometheus format a counter's sample has its family's name, which mostly ends in `_total` itself. */
function takesBareName(type: FamilyType, exact: boolean): boolean {
  return suffixes[type].includes("") || (!exact && (type === "counter" || type === "info"));
}
