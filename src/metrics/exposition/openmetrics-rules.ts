/** What OpenMetrics 1.0 demands of a whole family, beyond the form of its lines. Each function throws a BrokenRule. */
import { type Family, type Sample, sampleNames } from "./families.ts";
import { checkPoint } from "./openmetrics-points.ts";
import { seriesKey } from "./histograms.ts";
import { BrokenRule } from "./broken-rule.ts";

export function checkFamilies(families: readonly Family[]): void {
  const owners = new Map<string, string>();
  for (const family of families) {
    for (const name of sampleNames(family.name, family.type)) {
      const owner = owners.get(name);
      if (owner !== undefined)
        throw new BrokenRule(family.line, `${name} could belong to ${owner} and to ${family.name}`);
      owners.set(name, family.name);
    }
    checkUnit(family);
    checkSeries(family);
  }
}

function checkUnit({ name, type, unit, line }: Family): void {
  if (unit === null || unit === "") return;
  if (!name.endsWith(`_${unit}`))
    throw new BrokenRule(line, `the unit of ${name} is ${unit}, but its name does not end in it`);
  if (type === "info" || type === "stateset")
    throw new BrokenRule(line, `${name} is of type ${type}, which has no unit`);
}

/** The samples of one label set stand together, and their time stamps do not go back. */
function checkSeries(family: Family): void {
  const left = new Set<string>();
  let key: string | null = null;
  let point: Sample[] = [];
  for (const sample of family.samples) {
    checkSample(family, sample);
    const sampleKey = seriesKey(sample.labels, ...memberLabels(family));
    const before = sampleKey === key ? point.at(-1) : undefined;
    if (before !== undefined && isSameMoment(before, sample)) {
      point.push(sample);
      continue;
    }
    checkPoint(family, point);
    point = [sample];
    if (sampleKey === key) continue;
    if (left.has(sampleKey))
      throw new BrokenRule(sample.line, `the samples of one label set of ${family.name} do not stand together`);
    if (key !== null) left.add(key);
    key = sampleKey;
  }
  checkPoint(family, point);
}

/** The labels that tell apart the samples within one metric of the family. */
function memberLabels({ name, type }: Family): string[] {
  if (type === "histogram" || type === "gaugehistogram") return ["le"];
  if (type === "summary") return ["quantile"];
  return type === "stateset" ? [name] : [];
}

function isSameMoment(before: Sample, after: Sample): boolean {
  if (before.timestampMs === null && after.timestampMs === null) return true;
  if (before.timestampMs === null || after.timestampMs === null)
    throw new BrokenRule(after.line, "some samples of one label set have a time stamp and some have none");
  if (after.timestampMs < before.timestampMs)
    throw new BrokenRule(after.line, "the time stamp is before that of the line above");
  return after.timestampMs === before.timestampMs;
}

/** Code points in the names and values of an exemplar's labels. */
const MAX_EXEMPLAR_LENGTH = 128;

function checkSample({ name, type }: Family, sample: Sample): void {
  const { value, line } = sample;
  if (sample.exemplar !== null) {
    if (sample.name !== exemplarName(name, type))
      throw new BrokenRule(line, `${sample.name} (${type}) takes no exemplar`);
    const length = Array.from([...sample.exemplar.labels].flat().join("")).length;
    if (length > MAX_EXEMPLAR_LENGTH)
      throw new BrokenRule(line, `an exemplar's labels are ${length} characters long, of at most 128`);
  }
  if (type === "info" && value !== 1) throw new BrokenRule(line, "the value of an info metric is 1");
  if (type === "stateset") {
    if (!sample.labels.has(name)) throw new BrokenRule(line, `a state of ${name} needs the label ${name}`);
    if (value !== 0 && value !== 1) throw new BrokenRule(line, "a state is 0 or 1");
  }
  if (countsUp(name, type, sample.name) && !(value >= 0))
    throw new BrokenRule(line, `${sample.name} cannot be ${value}`);
}

/** The only samples of a family that can have one. */
function exemplarName(family: string, type: Family["type"]): string | null {
  if (type === "counter") return `${family}_total`;
  return type === "histogram" || type === "gaugehistogram" ? `${family}_bucket` : null;
}

function countsUp(family: string, type: Family["type"], sampleName: string): boolean {
  if (sampleName === `${family}_created`) return false;
  if (type === "counter" || type === "histogram") return true;
  if (type === "gaugehistogram") return sampleName !== `${family}_gsum`;
  return type === "summary" && sampleName !== family;
}
