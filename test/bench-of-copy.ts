/** A short bench by a copy of the program, and what its endpoint was asked for. */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runsIn } from "./e2e/bench.ts";
import { type CliResult, runProgram, withTempHome } from "./e2e/cli.ts";

export interface PlainEngine {
  port: number;
  /** The paths, in the order in which they were asked for. */
  asked: string[];
}

export interface BenchOfCopy extends PlainEngine {
  result: CliResult;
  egress: unknown;
}

/** @param root of a package with its `dist` */
export function benchOf(root: string, { port, asked }: PlainEngine): Promise<BenchOfCopy> {
  return withTempHome(async (home) => {
    const few = ["--model", "m", "--requests", "3", "--concurrency", "1", "--no-metrics"];
    const args = ["bench", "--endpoint", `http://127.0.0.1:${port}`, ...few];
    const result = await runProgram(process.execPath, [join(root, "dist/main.js"), ...args], { home });
    const [directory = ""] = runsIn(home);
    const egress: unknown = JSON.parse(readFileSync(join(directory, "egress.json"), "utf8"));
    return { result, asked, egress, port };
  });
}

/** Answers each request with one word. Closes itself when the test that made it ends. */
export async function startPlainEngine(): Promise<PlainEngine> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    request.resume().on("end", () => answer(request.url ?? "", response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

function answer(url: string, response: ServerResponse): void {
  if (!url.startsWith("/v1/chat")) return void response.writeHead(404).end();
  const event = (data: object) => `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", ...data })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(event({ choices: [{ index: 0, delta: { content: "word" }, finish_reason: null }] }));
  response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
  response.end(`${event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })}data: [DONE]\n\n`);
}
