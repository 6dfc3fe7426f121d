/**
 * What the proxy tells of one request and its reply. Moments are monotonic milliseconds. Nothing here may wait: it is told
 * after the bytes have gone on, in a later turn of the event loop.
 */
import type { ErrorKind } from "../runs/schemas/request.ts";

export interface RequestHead {
  /** The first byte of the request came. */
  atMs: number;
  method: string;
  /** Origin form as the agent sent it, without the proxy's own origin: path and query. */
  path: string;
  /** Names in lower case; repeated headers are joined with ", ". */
  headers: ReadonlyMap<string, string>;
}

/**
 * `agent`: it hung up. `endpoint`: it reset, ended half-way, never answered or could not be reached. `proxy`: the trace
 * itself was stopped, or refused to pass the request on (then the error is `posture_denied`).
 */
export interface ExchangeEnd {
  by: "complete" | "agent" | "endpoint" | "proxy";
  /** Null when complete. */
  error: ErrorKind | null;
}

/** Follows one exchange. Pieces of bodies are without HTTP framing, and are gone after the call. */
export interface ExchangeFollower {
  requestBody(bytes: Uint8Array, atMs: number): void;
  /** A promise where it goes on with that for a while; so of the end. */
  requestEnd(atMs: number): void | Promise<void>;
  /** The request's first byte went on to the endpoint. */
  sent(atMs: number): void;
  responseHead(status: number, headers: ReadonlyMap<string, string>, atMs: number): void;
  responseBody(bytes: Uint8Array, atMs: number): void;
  /**
   * So many bytes of a body passed and are not shown, because more waited to be read than memory is kept for. No piece of
   * that body comes after it; it can come again.
   */
  bodyLost(of: "request" | "response", bytes: number, atMs: number): void;
  /** Exactly once, last. */
  end(end: ExchangeEnd, atMs: number): void | Promise<void>;
}

/** The same for who tells it, and waits for nothing. */
export type ToldFollower = {
  [Name in keyof ExchangeFollower]: (...said: Parameters<ExchangeFollower[Name]>) => void;
};

export interface ExchangeWatcher {
  begin(head: RequestHead): ExchangeFollower;
}
