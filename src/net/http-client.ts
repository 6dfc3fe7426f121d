/**
 * The HTTP/1.1 client's contract. Moments are monotonic milliseconds (src/clock.ts).
 */
import type { Authority } from "./authority.ts";

export interface HttpRequest {
  authority: Authority;
  /** Null for plain HTTP. */
  tls: TlsSettings | null;
  method: "GET" | "POST";
  /** Origin form: path and query. */
  path: string;
  /** In order, as they go out. Host and Content-Length are added. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array | null;
}

export interface TlsSettings {
  /** The name to check the certificate against, and to send as SNI unless it is an address. */
  serverName: string;
  /** PEM certificates trusted beside the system's. */
  ca: string | null;
  /** Accept any certificate. */
  insecure: boolean;
}

export interface ResponseHead {
  status: number;
  /** Names in lower case; repeated headers are joined with ", ". */
  headers: ReadonlyMap<string, string>;
}

export interface ExchangeLimits {
  connectTimeoutMs: number;
  /** From the wish to send to the last byte of the body; null for none. */
  requestTimeoutMs: number | null;
  /** Longest silence of the server, from the request's last byte on. */
  idleTimeoutMs: number;
  signal?: AbortSignal;
}

export interface ExchangeObserver {
  /** The request's first byte is being written on a connected socket. */
  onSent?(atMs: number): void;
  onHead?(head: ResponseHead, atMs: number): void;
  /**
   * A piece of the decoded body: `bytes` from `from` up to `to`. They are overwritten afterwards: copy what must stay.
   * Where nothing more is wanted the answer is `enough`, and the exchange is cancelled.
   */
  onBody?(bytes: Uint8Array, from: number, to: number, atMs: number): "enough" | undefined;
}

export type NetFailureKind =
  | "refused"
  | "dns"
  | "connect_timeout"
  | "tls"
  | "reset"
  | "request_timeout"
  | "idle_timeout"
  | "malformed_response"
  | "truncated_response"
  | "cancelled"
  | "posture_denied"
  /** This machine could not open the connection: no descriptor, no port, no memory. */
  | "client_limit";

export interface NetFailure {
  kind: NetFailureKind;
  /** What happened, for a person; it may name the host. Not for a file. */
  message: string;
}

/** What became of one request. It never rejects: a failed exchange is data. */
export interface Exchange {
  /** Null when a connection was reused. */
  connectStartMs: number | null;
  connectedMs: number | null;
  sentMs: number | null;
  firstByteMs: number | null;
  /** The body's last byte, or the moment of the failure. */
  endMs: number;
  head: ResponseHead | null;
  failure: NetFailure | null;
}

export interface HttpClient {
  exchange(request: HttpRequest, limits: ExchangeLimits, observer?: ExchangeObserver): Promise<Exchange>;
  /** Ends the connections that wait for a next request. A running exchange is ended by its own signal. */
  close(): void;
}
