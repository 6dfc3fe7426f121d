/** For tests: a mimic on a free port, a plain client of it, and one that shows each packet. */
import { request } from "node:http";
import { connect } from "node:net";
import { sleep } from "../clock.ts";
import { mintAuthority } from "../net/authority.ts";
import { fictitious } from "./devices.ts";
import type { EngineProfile, LinearStep } from "./simulation/profile.ts";
import { type MimicOptions, type RunningMimic, startMimic } from "./start.ts";

export const quickStep: LinearStep = { kind: "linear", baseMs: 2, perSequenceMs: 0, prefillTokensPerSecond: 1e6 };

/** Two milliseconds a step, four slots: fast enough for tests, slow enough to stay in order. */
export const quick: EngineProfile = {
  name: "quick",
  about: "for tests",
  model: "quick-model",
  ranks: 1,
  scheduler: { maxSequences: 4, tokenBudget: 512, maxModelTokens: 4096, chunkedPrefill: true },
  kvCache: { blockTokens: 16, blocks: 1024, prefixCaching: true },
  step: quickStep,
  device: fictitious,
  devices: 1,
  reply: { meanTokens: 10, sigma: 0.3 },
};

export function startQuick(options: Partial<MimicOptions> = {}): Promise<RunningMimic> {
  const authority = mintAuthority("loopback-mimic", "127.0.0.1", 0, "--port");
  return startMimic(authority, { profile: quick, seed: 1, ...options });
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** GET without a body, POST with one. */
export function ask(port: number, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

export const chatBody = (more: object = {}) => ({
  model: "quick-model",
  messages: [{ role: "user", content: "tell me of the sea, please" }],
  max_tokens: 6,
  ignore_eos: true,
  ...more,
});

/** The data of every event of a stream, parsed; [DONE] stays text. */
export function eventsOf(stream: string): unknown[] {
  return stream
    .split(/\r?\n\r?\n/)
    .filter((block) => block !== "")
    .map((block) => block.replace(/^(event: .*\r?\n)?data: /, ""))
    .map((data) => (data === "[DONE]" ? data : (JSON.parse(data) as unknown)));
}

export interface Packets {
  /** What each read gave. */
  reads: Buffer[];
  /** How the connection ended, or "open" when it was still there after `patienceMs`. */
  ended: "end" | "reset" | "open";
}

/** Sends a request by hand and collects what comes, as it comes, until the server ends it or it stays silent. */
export function packetsOf(
  port: number,
  path: string,
  body: unknown,
  fault: string,
  patienceMs = 600,
): Promise<Packets> {
  return new Promise((resolve) => {
    const text = JSON.stringify(body);
    const socket = connect(port, "127.0.0.1");
    const reads: Buffer[] = [];
    let timer: NodeJS.Timeout;
    const finish = (ended: Packets["ended"]) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ reads, ended });
    };
    const wait = () => {
      clearTimeout(timer);
      const before = reads.length;
      // After a pause of the whole process the timer comes before what has arrived meanwhile: that is looked at first.
      timer = setTimeout(
        () => setImmediate(() => reads.length === before && !socket.destroyed && finish("open")),
        patienceMs,
      );
    };
    wait();
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: mimic\r\nContent-Length: ${Buffer.byteLength(text)}\r\nx-mimic-fault: ${fault}\r\n\r\n${text}`,
    );
    socket.on("data", (bytes: Buffer) => {
      reads.push(bytes);
      wait();
    });
    socket.on("end", () => finish("end"));
    socket.on("error", () => finish("reset"));
  });
}

/** The HTTP chunks in what was read after the head, as far as they are whole, and what is left over. */
export function chunksOf(reads: readonly Buffer[]): { chunks: string[]; rest: string } {
  const all = Buffer.concat(reads);
  let at = all.indexOf("\r\n\r\n") + 4;
  const chunks: string[] = [];
  for (;;) {
    const lineEnd = all.indexOf("\r\n", at);
    const size = lineEnd < 0 ? NaN : Number.parseInt(all.toString("latin1", at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || next > all.length) return { chunks, rest: all.toString("utf8", at) };
    chunks.push(all.toString("utf8", lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) return { chunks, rest: all.toString("utf8", at) };
  }
}

/** Counters and gauges of a page by their full name with labels; histograms by name, with bounds and counts. */
export function metricsOf(page: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of page.split("\n")) {
    const space = line.lastIndexOf(" ");
    if (line !== "" && !line.startsWith("#")) values.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return values;
}

/** The first state of the mimic that is as wished, asked for again and again. */
export async function stateWhen(port: number, wished: (state: MimicState) => boolean): Promise<MimicState> {
  for (;;) {
    const state = JSON.parse((await ask(port, "/mimic/state")).body) as MimicState;
    if (wished(state)) return state;
    await sleep(2);
  }
}

export interface MimicState {
  requests: { received: number; in_flight: number; peak_in_flight: number; by_path: Record<string, number> };
  connections: { accepted: number; open: number };
  ranks: { running: number; waiting: number }[];
}
