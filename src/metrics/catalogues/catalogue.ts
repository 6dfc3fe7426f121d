/** The shape of a catalogue: what one engine calls the things that src/metrics/names.ts names. Catalogues are data. */
import type { MetricName } from "../names.ts";

export interface CatalogueEntry {
  /** Without the catalogue's prefix and without a final `_total`, which a page may or may not have. */
  raw: string;
  name: MetricName;
  /** Multiplies the raw value into the unit of `name`; 1 where absent. */
  factor?: number;
  /** Only series with these label values; an empty value also matches a label that is not there. */
  where?: Readonly<Record<string, string>>;
  /** The value is the product of these labels, not the sample's own. */
  product?: readonly string[];
  /** In place of the catalogue's `copies`. */
  copies?: readonly string[];
}

export interface Catalogue {
  engine: string;
  /** Any one of them. The empty prefix is only taken where several names match. */
  prefixes: readonly string[];
  /** Labels that tell apart copies of one quantity, not parts of it: of such series the largest counts. */
  copies: readonly string[];
  /** A name that appears more than once has several sources, newest first: the first that the page has is taken. */
  entries: readonly CatalogueEntry[];
  /** Raw names that are known and left out, with the reason. */
  notUsed: Readonly<Record<string, string>>;
  /** A value at or above this means that there is none. */
  absentFrom?: number;
}

export const SECONDS_TO_MS = 1000;
