/** The files of rows that a run has, and what is to be said of those that the disk stopped. */
import { join } from "node:path";
import { artifact } from "./artifacts.ts";
import { createRowFile, type RowFile } from "./row-file.ts";
import type { AgentTraceRow } from "./schemas/agent-trace.ts";
import type { ClientRow } from "./schemas/client.ts";
import type { GapsRow } from "./schemas/gaps.ts";
import type { RequestRow } from "./schemas/request.ts";
import type { Run } from "./schemas/run.ts";
import type { TextRow } from "./schemas/text.ts";
import type { TimelineRow } from "./schemas/timeline.ts";

/** What a row of each file is, by the file's key in `artifact`. */
export interface RowOf {
  requests: RequestRow;
  gaps: GapsRow;
  client: ClientRow;
  timeline: TimelineRow;
  agentTrace: AgentTraceRow;
  text: TextRow;
}
export type RowKey = keyof RowOf;

export class RowFiles {
  readonly #files: ReadonlyMap<RowKey, RowFile<RowOf[RowKey]>>;

  constructor(files: ReadonlyMap<RowKey, RowFile<RowOf[RowKey]>>) {
    this.#files = files;
  }

  /** @throws TypeError when the run has no such file. */
  append<Key extends RowKey>(key: Key, row: RowOf[Key]): void {
    const file = this.#files.get(key);
    if (file === undefined) throw new TypeError(`this run keeps no ${artifact[key]}`);
    file.append(row);
  }

  get backlogCharacters(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.backlogCharacters, 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  /** An entry of `missing` for each file that stopped before the run's end. */
  stopped(): Run["missing"] {
    return [...this.#files].flatMap(([key, { failure }]) => {
      if (failure === null) return [];
      const { at, lostRows, why } = failure;
      const rows = lostRows === 1 ? "1 row was" : `${lostRows} rows were`;
      return [{ what: artifact[key], why: `from ${at.toISOString()} on, ${rows} not written: ${why}` }];
    });
  }
}

export async function createRowFiles(
  directory: string,
  keys: readonly RowKey[],
  onWarning: (text: string) => void,
): Promise<RowFiles> {
  const files = new Map<RowKey, RowFile<RowOf[RowKey]>>();
  for (const key of keys) {
    const path = join(directory, artifact[key]);
    files.set(
      key,
      await createRowFile<RowOf[RowKey]>(path, ({ why }) =>
        onWarning(`no more rows go to ${path}: ${why}. The run goes on; what is in it can be read.`),
      ),
    );
  }
  return new RowFiles(files);
}
