/** What a run keeps: which secrets not, which bytes it counted, and that it can be shown again as it was. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { grantConsent, homeAt } from "../../src/posture/consent.fixture.ts";
import { quick, stateWhen } from "../../src/mimic/mimic.fixture.ts";
import { counted, startServer } from "../servers.ts";
import { bench, benchArgs, startEngine } from "./bench.ts";
import { canary, leaksIn } from "./canary.ts";
import { runCli, withTempHome } from "./cli.ts";

describe("a secret", () => {
  /** What only the operator knows, and nobody is to read anywhere. */
  const operators = {
    header: canary("header"),
    headerFile: canary("header-file"),
    key: canary("key"),
    prompt: canary("prompt"),
    toolArgument: canary("tool-argument"),
    toolResult: canary("tool-result"),
    body: canary("body"),
    query: canary("query"),
  };
  /** What is in the environment and in nothing that is sent. */
  const environment = { variable: canary("variable"), variableName: canary("variable-name") };
  /** What the server says of its own, wherever it can say something. */
  const servers = {
    reply: canary("reply"),
    reasoning: canary("reasoning"),
    tool: canary("tool"),
    finish: canary("finish"),
    responseHeader: canary("response-header"),
    errorBody: canary("error-body"),
    errorEvent: canary("error-event"),
    location: canary("location"),
  };
  const all = { ...operators, ...environment, ...servers };
  const env = { SECRET: environment.variable, [`X_${environment.variableName}`]: "1" };

  it("is in no artifact, no report, no payload, no ledger and no message, in whatever form, whole or in part", () =>
    withTempHome(async (home) => {
      const { port, requests } = await startTalkative(servers);
      await grantConsent(homeAt(home), { at: new Date(Date.now() - 60_000) });
      const flags = secretFlags(home);
      // A server that refuses from the first request on, and one that does some of everything.
      for (const model of ["refused", "mixed"]) {
        const endpoint = ["--endpoint", `http://127.0.0.1:${port}?tenant=${operators.query}`, "--model", model];
        const load = ["--concurrency", "1", "--requests", "6", "--json"];
        const { stdout, stderr } = await runCli(["bench", ...endpoint, ...flags, ...load], { home, env });
        expect(leaksIn(stdout, all)).toEqual([]);
        // The person at the terminal may read why the server refused.
        expect(leaksIn(stderr, { ...operators, ...environment })).toEqual([]);
        expect(stderr).toContain("uploads-pending");
        for (const format of ["md", "csv", "json", "terminal"]) await saysNothing(home, ["report", "--format", format]);
      }
      for (const args of [["verify-payload", "latest"], ["log"], ["status"]])
        await saysNothing(home, ["telemetry", ...args]);
      await saysNothing(home, ["runs", "show"]);
      const kept = filesBelow(join(home, ".config"));
      expect(kept.filter((path) => path.includes("uploads-pending"))).toHaveLength(2);
      for (const path of kept) expect({ path, leaks: leaksIn(contentOf(path), all) }).toEqual({ path, leaks: [] });
      const files = filesBelow(join(home, "inferguard-runs"));
      expect(files.map((path) => basename(path)).filter((name) => name === "requests.jsonl")).toHaveLength(2);
      for (const path of files) expect({ path, leaks: leaksIn(contentOf(path), all) }).toEqual({ path, leaks: [] });
      // The server did get what was to be sent, so there was something to leak.
      expect(Object.values(operators).filter((secret) => !requests.join("\n").includes(secret))).toEqual([]);
    }));

  it("of prompt and reply is kept on request, in one file, and the run says so", () =>
    withTempHome(async (home) => {
      const { port } = await startTalkative(servers);
      const endpoint = ["--endpoint", `http://127.0.0.1:${port}`, "--model", "mixed", "--save-text"];
      const load = ["--concurrency", "1", "--requests", "2", "--json"];
      const { stdout } = await runCli(["bench", ...endpoint, ...secretFlags(home), ...load], { home });
      expect(JSON.parse(stdout)).toMatchObject({
        notes: expect.arrayContaining([expect.objectContaining({ code: "TEXT_SAVED" })]) as unknown,
      });
      const leaks = filesBelow(join(home, "inferguard-runs")).flatMap((path) => {
        const found = leaksIn(contentOf(path), all);
        return found.length === 0 ? [] : [[basename(path), found]];
      });
      // The prompts are kept as they were sent, with the calls and results of tools that they repeat.
      expect(leaks).toEqual([
        [
          "text.jsonl",
          ["prompt: plain", "toolArgument: plain", "toolResult: plain", "reply: plain", "reasoning: plain"],
        ],
      ]);
    }));

  it("goes to the endpoint alone, and to no metrics endpoint", async () => {
    const { key, header } = operators;
    const engine = await startEngine({ requireKey: key });
    const asked: string[] = [];
    const metrics = await startServer(async (connection) => {
      for (let request = await connection.request(); request !== null; request = await connection.request()) {
        asked.push(request);
        await connection.write(counted("up 1\n", "Content-Type: text/plain; version=0.0.4\r\n"));
      }
    });
    const url = ["--metrics-url", `http://127.0.0.1:${metrics.port}/metrics`];
    const secrets = ["--header", `X-Secret: ${header}`, "--api-key-env", "MY_KEY"];
    const load = ["--concurrency", "1", "--requests", "2"];
    const { run } = await bench(engine.port, [...url, ...secrets, ...load], { env: { MY_KEY: key } });
    expect(run.requests.map(({ status }) => status)).toEqual(["ok", "ok"]);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(leaksIn(asked.join("\n"), operators)).toEqual([]);
  });

  async function saysNothing(home: string, args: string[]): Promise<void> {
    const { code, stdout, stderr } = await runCli(args, { home, env });
    expect({ args, code, leaks: leaksIn(stdout + stderr, all) }).toEqual({ args, code: 0, leaks: [] });
  }

  function secretFlags(home: string): string[] {
    const { header, headerFile, key, prompt, toolArgument, toolResult, body } = operators;
    const file = (name: string, text: string) => {
      writeFileSync(join(home, name), text);
      return join(home, name);
    };
    const call = { id: "1", type: "function", function: { name: "look", arguments: `{"at": "${toolArgument}"}` } };
    const messages = [
      { role: "user", content: prompt },
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", tool_call_id: "1", content: toolResult },
    ];
    return [
      ...["--header", `X-Secret: ${header}`],
      ...["--header-file", file("headers", `X-More: ${headerFile}\n`)],
      ...["--api-key-file", file("key", key)],
      ...["--body", file("body.json", JSON.stringify({ user: body }))],
      ...["--input", file("prompts.jsonl", `${JSON.stringify({ messages })}\n`)],
    ];
  }
});

describe("the record of what was sent", () => {
  it("has the connections and the bytes that really went each way", async () => {
    const engine = await startEngine();
    const wire = await startCounting(engine.port);
    const { run } = await bench(wire.port, ["--concurrency", "3", "--requests", "9"]);
    await stateWhen(engine.port, ({ connections: { open } }) => open <= 1);
    expect(run.egress).toMatchObject({ denied: 0, denials: [] });
    const { port, connections, bytesFromClient, bytesToClient } = wire;
    expect(run.egress?.authorities).toEqual([
      {
        ...{ category: "inference-endpoint", flag: "--endpoint", host: "127.0.0.1", port, addresses: 1, lookups: 0 },
        ...{ connections, bytes_out: bytesFromClient, bytes_in: bytesToClient },
      },
    ]);
    expect(connections).toBeGreaterThanOrEqual(3);
    expect(bytesFromClient).toBeGreaterThan(9 * 200);
  });

  it("has a line for each destination, and counts the look-ups", async () => {
    const { port } = await startEngine();
    const named = ["--endpoint", `http://localhost:${port}`, "--model", "quick-model"];
    const flags = [
      ...named,
      "--metrics-url",
      `http://127.0.0.1:${port}/metrics`,
      "--concurrency",
      "1",
      "--requests",
      "2",
    ];
    const lookups = async (...more: string[]) => {
      const { run } = await bench(port, [...flags, ...more]);
      return run.egress?.authorities.map((authority) => [authority.flag, authority.host, authority.lookups]);
    };
    const metrics = ["--metrics-url", "127.0.0.1", 0];
    expect(await lookups()).toEqual([["--endpoint", "localhost", 1], metrics]);
    expect(await lookups("--resolve", `localhost:${port}:127.0.0.1`)).toEqual([
      ["--endpoint", "localhost", 0],
      metrics,
    ]);
  });
});

describe("a mimic that --endpoint names", () => {
  it.each([
    ["with its model named", ["--no-metrics"]],
    ["with its metrics read", []],
    ["that fails", ["--header", "x-mimic-fault: http-500"]],
  ])("%s is known as one by its answers: every number is synthetic", async (_, flags) => {
    const { port } = await startEngine({ profile: quick });
    const metrics = flags.includes("--no-metrics") ? [] : ["--metrics-url", `http://127.0.0.1:${port}/metrics`];
    const { run, summary } = await bench(port, ["--concurrency", "1", "--requests", "2", ...metrics, ...flags]);
    const claim = { claim: "synthetic", claim_why: expect.stringContaining("simulated engine") as string };
    expect(run.run).toMatchObject(claim);
    expect(summary).toMatchObject(claim);
    expect(summary.notes.map(({ code }) => code)).toContain("SYNTHETIC");
    expect(summary.levels[0]?.latency.ttft.claim).toMatch(/^(synthetic|not_proven)$/);
  });

  it("and a server of another name are told apart", async () => {
    const reply = 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const { port } = await startServer(async (connection) => {
      while ((await connection.request()) !== null)
        await connection.write(counted(reply, "Content-Type: text/event-stream\r\nServer: another\r\n"));
    });
    const { run } = await bench(port, ["--concurrency", "1", "--requests", "2"]);
    expect(run.run).toMatchObject({ claim: "measured", claim_why: null });
  });
});

describe("a finished run", () => {
  it("is rendered again from disk to the bytes that bench --json printed", async () => {
    const { port } = await startEngine({ profile: quick });
    const load = ["--concurrency", "2", "--requests", "12", "--slo", "ttft=500ms", "--name", "again"];
    const metrics = ["--metrics-url", `http://127.0.0.1:${port}/metrics`];
    const again: string[] = [];
    const { stdout } = await bench(port, [...load, ...metrics], {}, async (home, directory) => {
      again.push(readFileSync(join(directory, "summary.json"), "utf8"));
      for (const flags of [["--format", "json"], ["--json"]])
        again.push((await runCli(["report", ...flags], { home })).stdout);
    });
    expect(again).toEqual([stdout, stdout, stdout]);
  });

  it("and every other answer with --json is one document on stdout and nothing else", async () => {
    const { port } = await startEngine({ profile: quick });
    await withTempHome(async (home) => {
      const load = benchArgs(port, ["--concurrency", "2", "--requests", "4"]);
      for (const command of [
        load,
        ["report", "--json"],
        ["runs", "list", "--json"],
        ["runs", "show", "--json"],
        ["telemetry", "status", "--json"],
      ]) {
        const { stdout } = await runCli(command, { home });
        expect(() => JSON.parse(stdout) as unknown, command.join(" ")).not.toThrow();
        expect(stdout).toMatch(/^[{[]\n.*\n[}\]]\n$/s);
      }
    });
  });

  it("is for its owner alone", async () => {
    const { port } = await startEngine({ profile: quick });
    const kept = ["--save-text", "--metrics-url", `http://127.0.0.1:${port}/metrics`];
    await bench(port, ["--concurrency", "1", "--requests", "2", ...kept], {}, (home) => {
      const entries = readdirSync(join(home, "inferguard-runs"), { recursive: true, withFileTypes: true });
      const modes = entries.map((entry) => ({
        name: entry.name,
        mode: (statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8),
        wanted: entry.isDirectory() ? "700" : "600",
      }));
      expect(modes.length).toBeGreaterThan(8);
      expect(modes.filter(({ mode, wanted }) => mode !== wanted)).toEqual([]);
    });
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function contentOf(path: string): string {
  return readFileSync(path, "latin1");
}

/**
 * An endpoint that says its secrets wherever it can. To the model `refused` it answers 400; to another one a reply, an
 * error in a stream, a redirect, a page, a broken stream and an error, in turn.
 */
async function startTalkative(
  secrets: Record<
    "reply" | "reasoning" | "tool" | "finish" | "responseHeader" | "errorBody" | "errorEvent" | "location",
    string
  >,
): Promise<{ port: number; requests: string[] }> {
  const { reply, reasoning, tool, finish, responseHeader, errorBody, errorEvent, location } = secrets;
  const delta = (fields: object, finishReason: string | null = null) => ({
    id: reply,
    choices: [{ index: 0, delta: fields, finish_reason: finishReason }],
  });
  const call = { tool_calls: [{ index: 0, function: { name: tool, arguments: tool } }] };
  const answer = (type: string, body: string, headers = "") =>
    counted(body, `Content-Type: ${type}\r\nX-Canary: ${responseHeader}\r\n${headers}`);
  const stream = (...events: object[]) =>
    answer("text/event-stream", events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
  const failure = (status: string, headers = "") =>
    answer("application/json", JSON.stringify({ error: { message: errorBody, code: errorBody } }), headers).replace(
      "200 OK",
      status,
    );
  const answers = [
    stream(delta({ reasoning_content: reasoning }), delta({ content: reply }), delta(call, finish)),
    stream(delta({ content: reply }), { error: { message: errorEvent } }),
    failure("302 Found", `Location: http://elsewhere.invalid/${location}\r\n`),
    answer("text/html", `<title>${errorBody}</title>`),
    answer("text/event-stream", `data: {"choices": ${reply}\n\n`),
    failure("500 Internal Server Error"),
  ];
  const requests: string[] = [];
  let turn = 0;
  const { port } = await startServer(async (connection) => {
    for (let request = await connection.request(); request !== null; request = await connection.request()) {
      requests.push(request);
      if (!request.startsWith("POST ")) await connection.write(failure("404 Not Found"));
      else if (request.includes('"model":"refused"')) await connection.write(failure("400 Bad Request"));
      else await connection.write(answers[turn++ % answers.length] ?? "");
    }
  });
  return { port, requests };
}

interface Counting {
  port: number;
  connections: number;
  bytesFromClient: number;
  bytesToClient: number;
}

/** Passes everything on to `target`, and counts. */
async function startCounting(target: number): Promise<Counting> {
  const counts: Counting = { port: 0, connections: 0, bytesFromClient: 0, bytesToClient: 0 };
  const server = createServer((client) => {
    counts.connections++;
    const upstream = connect(target, "127.0.0.1");
    client.on("data", (bytes) => (counts.bytesFromClient += bytes.length));
    upstream.on("data", (bytes) => (counts.bytesToClient += bytes.length));
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  counts.port = (server.address() as { port: number }).port;
  onTestFinished(() => void server.close());
  return counts;
}
