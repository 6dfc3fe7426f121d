/** The files of rows that a run has, and what is to be said of those that the disk stopped. */
import { join } from "node:path";
import { artifact } from "./artifacts.ts";
import { createRowFile, type RowFile } from "./row-file.ts";
import type { ClientRow } from "./schemas/client.ts";
import type { GapsRow } from "./schemas/gaps.ts";
import type { RequestRow } from "./schemas/request.ts";
import type { Run } from "./schemas/run.ts";
import type { TextRow } from "./schemas/text.ts";
import type { TimelineRow } from "./schemas/timeline.ts";

export interface RowFiles {
  requests: RowFile<RequestRow>;
  gaps: RowFile<GapsRow>;
  client: RowFile<ClientRow>;
  timeline: RowFile<TimelineRow>;
  /** Null unless the run keeps text. */
  text: RowFile<TextRow> | null;
}

export async function createRowFiles(
  directory: string,
  savesText: boolean,
  onWarning: (text: string) => void,
): Promise<RowFiles> {
  const create = <Row>(name: string): Promise<RowFile<Row>> => {
    const path = join(directory, name);
    return createRowFile<Row>(path, ({ why }) =>
      onWarning(`no more rows go to ${path}: ${why}. The run goes on; what is in it can be read.`),
    );
  };
  return {
    requests: await create(artifact.requests),
    gaps: await create(artifact.gaps),
    client: await create(artifact.client),
    timeline: await create(artifact.timeline),
    text: savesText ? await create(artifact.text) : null,
  };
}

export async function closeRowFiles(files: RowFiles): Promise<void> {
  await Promise.all(present(files).map(({ file }) => file.close()));
}

export function backlogOf(files: RowFiles): number {
  return present(files).reduce((sum, { file }) => sum + file.backlogCharacters, 0);
}

/** An entry of `missing` for each file that stopped before the run's end. */
export function stoppedFiles(files: RowFiles): Run["missing"] {
  return present(files).flatMap(({ name, file: { failure } }) => {
    if (failure === null) return [];
    const { at, lostRows, why } = failure;
    const rows = lostRows === 1 ? "1 row was" : `${lostRows} rows were`;
    return [{ what: name, why: `from ${at.toISOString()} on, ${rows} not written: ${why}` }];
  });
}

function present({ requests, gaps, client, timeline, text }: RowFiles): { name: string; file: RowFile<never> }[] {
  return [
    { name: artifact.requests, file: requests },
    { name: artifact.gaps, file: gaps },
    { name: artifact.client, file: client },
    { name: artifact.timeline, file: timeline },
    ...(text === null ? [] : [{ name: artifact.text, file: text }]),
  ];
}
