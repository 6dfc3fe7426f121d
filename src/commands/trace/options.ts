/** What the command line asked of `trace`, checked and with every default filled in. */
import type { EndpointAddress } from "../../endpoint/address.ts";
import type { Authority } from "../../net/authority.ts";
import type { ResolveOverride } from "../../net/gate.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import type { Collector } from "../../trace/send-spans.ts";
import type { ProxyOptions } from "../bench/options.ts";

export type { Collector };

export interface TraceOptions {
  endpoint: { address: EndpointAddress; authority: Authority };
  tls: { ca: string | null; insecure: boolean };
  /** The proxy that a flag named, on the way to the endpoint. */
  proxy: ProxyOptions | null;
  resolve: readonly ResolveOverride[];
  allowPlaintextKey: boolean;
  /** The operator's own collector, which gets the run as spans at its end. */
  collector: Collector | null;
  /** Where the agent is listened for. */
  listen: Authority;
  /** Null: the agent is started elsewhere. */
  agent: {
    command: readonly string[];
    environment: Readonly<Record<string, string>>;
    output: "as ours" | "to stderr";
  } | null;
  modelCalls: number | null;
  runsDir: string;
  /** The run can be named by its id alone: it lies where every command looks. */
  runsDirIsDefault: boolean;
  name: string | null;
  saveText: boolean;
}

/** What the command tells while it runs. */
export interface TraceListener {
  /** The proxy takes requests. */
  started(this: void, at: { url: string; apiBase: string; directory: string }): void;
  /** One sentence that the person should see now. */
  notice(this: void, text: string): void;
  warning(this: void, text: string): void;
  /** What was reached, once nothing more can be. */
  egress(this: void, record: EgressRecord): void;
  /** Aborts when the person wants it to end. */
  signal: AbortSignal;
  /** From now on signals are the agent's. */
  giveSignalsTo(this: void, receiver: (name: NodeJS.Signals) => void): { take(): void };
}
