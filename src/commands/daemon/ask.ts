/** Asks this user's daemon over its Unix socket. No other connection is opened, and no name looked up. */
import type { Authority } from "../../net/authority.ts";
import { openGate } from "../../net/gate.ts";
import { openHttpClient } from "../../net/open-http-client.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import { egressRecordOf } from "../bench/egress.ts";

export type Asked = { status: number; text: string } | { failure: string };

export interface AskOptions {
  method: "GET" | "POST";
  path: string;
  timeoutMs?: number;
  signal: AbortSignal;
  egress(this: void, record: EgressRecord): void;
}

/** A daemon that works answers in milliseconds, but for a look through months of history. */
const DEFAULT_TIMEOUT_MS = 5000;

/** It never rejects for what the daemon does. */
export async function askDaemon(socket: Authority, options: AskOptions): Promise<Asked> {
  const { method, path, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const gate = openGate();
  const client = openHttpClient(gate, "new");
  const pieces: Buffer[] = [];
  try {
    const { head, failure } = await client.exchange(
      { authority: socket, tls: null, method, path, headers: [["Host", "localhost"]], body: null },
      { connectTimeoutMs: timeoutMs, requestTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs, signal: options.signal },
      {
        onBody(bytes, from, to) {
          pieces.push(Buffer.from(bytes.subarray(from, to)));
          return undefined;
        },
      },
    );
    if (failure !== null || head === null) return { failure: failure?.message ?? "no answer" };
    return { status: head.status, text: Buffer.concat(pieces).toString("utf8") };
  } finally {
    client.close();
    gate.close();
    options.egress(egressRecordOf(gate));
  }
}
