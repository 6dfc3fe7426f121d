/**
 * One connection of the agent's and, for it alone, one to the endpoint. Bytes go on in the turn in which they came: of a
 * request the head is rewritten, everything else passes as it is, framing included. So both sides see each other's
 * keep-alive, interim answers, trailers, half-closed ends and resets, and neither sees a connection that the other did not
 * have. What passes is read beside that, to tell one exchange from the next.
 */
import { monotonicMs } from "../clock.ts";
import type { ByteStream } from "../net/byte-stream.ts";
import type { NetFailure, ResponseHead } from "../net/http-client.ts";
import { MessageError } from "../net/http1-message.ts";
import { ResponseReader } from "../net/http1-reader.ts";
import { type RequestLines, RequestReader } from "../net/http1-request-reader.ts";
import { bytesWaiting, workLater } from "../net/read-queue.ts";
import type { ErrorKind } from "../runs/schemas/request.ts";
import type { ExchangeEnd, RequestHead, ToldFollower } from "./exchange.ts";
import { giveBackAfter } from "./give-back.ts";
import { encodeRefusal, type Refusal } from "./refusal.ts";

export interface Passing {
  connect(signal: AbortSignal): Promise<{ connection: ByteStream } | { failure: NetFailure }>;
  /** The head as it goes on, or why the request does not. */
  headFor(head: RequestLines): { bytes: Uint8Array } | { refusal: Refusal };
  begin(head: RequestHead): ToldFollower;
  onResponse(head: ResponseHead): void;
  onRefusal(refusal: Refusal): void;
  onFailure(failure: NetFailure): void;
}

interface IncomingRequest {
  reader: RequestReader;
  startMs: number;
  /** Null until its head is whole. */
  told: ToldFollower | null;
}

/** A request that has gone on and whose reply is not over. */
interface Exchange {
  told: ToldFollower;
  reply: ResponseReader;
  /** When the read came that is being looked at; null before the first. */
  readMs: number | null;
}

/** What of one read goes on to the endpoint, and what is called once it has. */
interface Outgoing {
  pieces: readonly Uint8Array[];
  onGone: () => void;
}

/** What is kept while the connection to the endpoint is made. */
const MOST_HELD_BYTES = 1024 * 1024;
/** For the agent to read a refusal before the connection is gone. */
const REFUSAL_GRACE_MS = 2000;

export class PassedConnection {
  readonly #agent: ByteStream;
  readonly #passing: Passing;
  readonly #connecting = new AbortController();
  readonly #onOver: () => void;
  #endpoint: ByteStream | "wanted" | null = null;
  #held: Outgoing[] = [];
  #heldBytes = 0;
  /** The request that is coming in. */
  #request: IncomingRequest | null = null;
  /** The head that the bytes being fed have completed, as it goes on, and where it ended in them. */
  #head: { bytes: Uint8Array; endsAt: number } | null = null;
  #unsent: ToldFollower[] = [];
  /** In the order of the requests, which is that of the replies. */
  readonly #open: Exchange[] = [];
  /** A reply could not be read: nobody knows where the next one begins. */
  #isLost = false;
  /** Said once what was asked before is answered; nothing is taken from the agent after it. */
  #refusal: Uint8Array | null = null;
  #refusalTimer: NodeJS.Timeout | undefined;
  #agentEndedMs: number | null = null;
  #over = false;

  constructor(agent: ByteStream, passing: Passing, onOver: () => void) {
    this.#agent = agent;
    this.#passing = passing;
    this.#onOver = onOver;
    agent.stream
      .on("data", (bytes: Uint8Array) => this.#fromAgent(bytes))
      .on("drain", () => this.#endpointStream?.resume())
      .on("end", () => this.#onAgentEnd())
      .on("error", () => this.#onAgentGone())
      .on("close", () => this.#onAgentGone())
      .resume();
  }

  /** The trace stops: both connections are gone. */
  close(): void {
    if (this.#agentEndedMs === null) this.#endOpen({ by: "proxy", error: "cancelled" });
    else this.#endOpen({ by: "agent", error: "cancelled" }, this.#agentEndedMs);
    this.#finish();
  }

  get #endpointStream(): ByteStream["stream"] | null {
    return this.#endpoint === null || this.#endpoint === "wanted" ? null : this.#endpoint.stream;
  }

  #fromAgent(bytes: Uint8Array): void {
    const out: Uint8Array[] = [];
    const waitingBefore = bytesWaiting();
    try {
      this.#readRequests(bytes, out);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      // The endpoint would wait for the rest of it.
      if (this.#request !== null && this.#request.told !== null) this.#abandon();
      this.#refuse({
        status: 400,
        code: "malformed_request",
        message: `it is not HTTP/1.1 that the trace can read: ${error.message}`,
      });
    }
    const giveBack = giveBackAfter(bytes, 2);
    onceTold(giveBack, waitingBefore);
    if (out.length > 0) this.#toEndpoint({ pieces: out, onGone: giveBack });
    else giveBack();
  }

  /** What is to go on is put into `out`. */
  #readRequests(bytes: Uint8Array, out: Uint8Array[]): void {
    const atMs = monotonicMs();
    let at = 0;
    while (at < bytes.length && this.#refusal === null) {
      if (this.#request === null) {
        // RFC 9112 section 2.2: empty lines before a request are passed over.
        if (bytes[at] === 13 || bytes[at] === 10) {
          at++;
          continue;
        }
        this.#request = this.#nextRequest(atMs);
      }
      const request = this.#request;
      const hadHead = request.told !== null;
      const piece = at === 0 ? bytes : bytes.subarray(at);
      const taken = request.reader.feed(piece);
      at += taken;
      if (hadHead) out.push(piece.subarray(0, taken));
      else if (this.#head !== null) {
        out.push(this.#head.bytes);
        if (taken > this.#head.endsAt) out.push(piece.subarray(this.#head.endsAt, taken));
        this.#head = null;
      }
      if (request.reader.isDone) {
        request.told?.requestEnd(atMs);
        this.#request = null;
      }
    }
  }

  #nextRequest(startMs: number): IncomingRequest {
    const reader = new RequestReader({
      onHead: (head, endsAt) => this.#onRequestHead(head, endsAt),
      onBody: (bytes, from, to) => request.told?.requestBody(bytes.subarray(from, to), monotonicMs()),
    });
    const request: IncomingRequest = { reader, startMs, told: null };
    return request;
  }

  #onRequestHead(head: RequestLines, endsAt: number): void {
    const request = this.#request;
    if (request === null) return;
    const { method, target: path, headers } = head;
    const told = this.#passing.begin({ atMs: request.startMs, method, path, headers });
    const prepared = this.#passing.headFor(head);
    if ("refusal" in prepared) {
      const atMs = monotonicMs();
      told.responseHead(prepared.refusal.status, new Map(), atMs);
      told.end({ by: "proxy", error: "posture_denied" }, atMs);
      this.#refuse(prepared.refusal);
      return;
    }
    request.told = told;
    this.#head = { bytes: prepared.bytes, endsAt };
    this.#unsent.push(told);
    if (this.#isLost) told.end({ by: "endpoint", error: "malformed_stream" }, monotonicMs());
    else this.#open.push(this.#exchange(told, method));
  }

  #exchange(told: ToldFollower, method: string): Exchange {
    const handlers = {
      onHead: (head: ResponseHead) => {
        this.#passing.onResponse(head);
        told.responseHead(head.status, head.headers, exchange.readMs ?? NaN);
      },
      onBody: (bytes: Uint8Array, from: number, to: number) =>
        told.responseBody(bytes.subarray(from, to), exchange.readMs ?? NaN),
    };
    const exchange: Exchange = { told, reply: new ResponseReader(handlers, method), readMs: null };
    return exchange;
  }

  #toEndpoint(outgoing: Outgoing): void {
    const stream = this.#endpointStream;
    if (stream === null) {
      this.#hold(outgoing);
      return;
    }
    // As a server that is gone answers: with a reset.
    if (!stream.writable) {
      this.#agent.reset();
      return;
    }
    const { pieces, onGone } = outgoing;
    let hasRoom = true;
    stream.cork();
    for (const [index, piece] of pieces.entries())
      hasRoom = stream.write(piece, index === pieces.length - 1 ? onGone : undefined);
    stream.uncork();
    if (!hasRoom) this.#agent.stream.pause();
    const sentMs = monotonicMs();
    for (const told of this.#unsent.splice(0)) told.sent(sentMs);
  }

  #hold(outgoing: Outgoing): void {
    this.#held.push(outgoing);
    for (const piece of outgoing.pieces) this.#heldBytes += piece.length;
    if (this.#heldBytes > MOST_HELD_BYTES) this.#agent.stream.pause();
    if (this.#endpoint !== null) return;
    this.#endpoint = "wanted";
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const result = await this.#passing.connect(this.#connecting.signal);
    if (this.#over) {
      if ("connection" in result) result.connection.stream.destroy();
      return;
    }
    if ("failure" in result) {
      if (this.#refusal !== null) return;
      this.#passing.onFailure(result.failure);
      this.#endOpen({ by: "endpoint", error: errorKindOf(result.failure) });
      // Without the proxy there would have been no connection.
      this.#agent.reset();
      return;
    }
    const endpoint = result.connection;
    this.#endpoint = endpoint;
    endpoint.stream
      .on("data", (bytes: Uint8Array) => this.#fromEndpoint(bytes))
      .on("drain", () => this.#agent.stream.resume())
      .on("end", () => this.#onEndpointEnd())
      .on("error", () => this.#onEndpointBroke())
      .on("close", () => {
        if (!endpoint.stream.readableEnded) this.#onEndpointBroke();
      })
      .resume();
    this.#agent.stream.resume();
    for (const outgoing of this.#held.splice(0)) this.#toEndpoint(outgoing);
    if (this.#agentEndedMs !== null || this.#refusal !== null) endpoint.stream.end();
  }

  #fromEndpoint(bytes: Uint8Array): void {
    const atMs = monotonicMs();
    const { stream } = this.#agent;
    const giveBack = giveBackAfter(bytes, 2);
    const waitingBefore = bytesWaiting();
    if (!stream.writable) giveBack();
    else if (!stream.write(bytes, giveBack)) this.#endpointStream?.pause();
    try {
      this.#readReplies(bytes, atMs);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#isLost = true;
      this.#endOpen({ by: "endpoint", error: "malformed_stream" });
    }
    onceTold(giveBack, waitingBefore);
    if (this.#refusal !== null && this.#open.length === 0) this.#sayRefusal();
  }

  #readReplies(bytes: Uint8Array, atMs: number): void {
    let at = 0;
    while (at < bytes.length) {
      const [exchange] = this.#open;
      // What nobody asked for, such as a 408 before the end of an idle connection, has passed all the same.
      if (exchange === undefined) return;
      exchange.readMs = atMs;
      at += exchange.reply.feed(at === 0 ? bytes : bytes.subarray(at));
      if (!exchange.reply.isDone) return;
      this.#open.shift();
      exchange.told.end({ by: "complete", error: null }, atMs);
    }
  }

  #onAgentEnd(): void {
    this.#agentEndedMs = monotonicMs();
    if (this.#endpoint === null) this.#agent.stream.end();
    else this.#endpointStream?.end();
  }

  #onAgentGone(): void {
    if (this.#over) return;
    this.#endOpen({ by: "agent", error: "cancelled" }, this.#agentEndedMs ?? monotonicMs());
    // Where both have ended in good order, what was written last is still on its way.
    const isOrderly = this.#agent.stream.readableEnded && this.#agent.stream.writableFinished;
    if (!isOrderly && this.#endpoint !== null && this.#endpoint !== "wanted") this.#endpoint.reset();
    this.#finish();
  }

  #onEndpointEnd(): void {
    const [exchange] = this.#open;
    if (exchange !== undefined && endsHere(exchange.reply)) {
      this.#open.shift();
      exchange.told.end({ by: "complete", error: null }, monotonicMs());
    }
    this.#endUnanswered("truncated_stream");
    if (this.#refusal === null) this.#agent.stream.end();
    else this.#sayRefusal();
  }

  #onEndpointBroke(): void {
    if (this.#over) return;
    this.#endUnanswered("reset");
    if (this.#refusal !== null) {
      this.#sayRefusal();
      return;
    }
    // What came before the reset has to reach the agent before it does.
    const { stream } = this.#agent;
    if (stream.writableLength === 0 || !stream.writable) this.#agent.reset();
    else stream.write(new Uint8Array(0), () => this.#agent.reset());
  }

  /** The endpoint says no more: every reply that is not whole stays so. `error`: of one that had begun. */
  #endUnanswered(error: ErrorKind): void {
    // A server that stops because its client hung up has done nothing wrong.
    if (this.#agentEndedMs !== null) this.#endOpen({ by: "agent", error: "cancelled" }, this.#agentEndedMs);
    const [first] = this.#open;
    if (first !== undefined && first.readMs !== null) {
      this.#open.shift();
      first.told.end({ by: "endpoint", error }, monotonicMs());
    }
    this.#endOpen({ by: "endpoint", error: "reset" });
  }

  #endOpen(end: ExchangeEnd, atMs = monotonicMs()): void {
    for (const { told } of this.#open.splice(0)) told.end(end, atMs);
  }

  /** A request that cannot be passed on to its end. */
  #abandon(): void {
    this.#endOpen({ by: "proxy", error: "posture_denied" });
    this.#connecting.abort();
    this.#endpointStream?.destroy();
  }

  #refuse(refusal: Refusal): void {
    this.#passing.onRefusal(refusal);
    this.#refusal = encodeRefusal(refusal);
    this.#request = null;
    if (this.#open.length === 0) this.#sayRefusal();
  }

  #sayRefusal(): void {
    if (this.#refusalTimer !== undefined || this.#refusal === null) return;
    const { stream } = this.#agent;
    stream.end(this.#refusal);
    stream.resume();
    this.#endpointStream?.end();
    this.#refusalTimer = setTimeout(() => this.#finish(), REFUSAL_GRACE_MS);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#refusalTimer);
    this.#connecting.abort();
    this.#agent.stream.destroy();
    this.#endpointStream?.destroy();
    this.#onOver();
  }
}

/** After what was told of a read. Nothing of it waits where its body passes unread: then nothing else is waited for. */
function onceTold(giveBack: () => void, waitingBefore: number): void {
  if (bytesWaiting() === waitingBefore) giveBack();
  else workLater(giveBack, 0);
}

/** The end of the connection is the end of the reply. */
function endsHere(reply: ResponseReader): boolean {
  try {
    reply.end();
    return true;
  } catch (error) {
    if (error instanceof MessageError) return false;
    throw error;
  }
}

/** What this machine could not do is, to the agent, a refused connection. */
function errorKindOf({ kind }: NetFailure): ErrorKind {
  if (kind === "malformed_response") return "malformed_stream";
  if (kind === "truncated_response") return "truncated_stream";
  return kind === "client_limit" ? "refused" : kind;
}
