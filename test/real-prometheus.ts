/**
 * A real Prometheus scrapes a real daemon. Not in CI: it needs `prometheus` and `promtool` on the PATH (Debian's package
 * `prometheus` has both).
 *
 *   npm run test:real-prometheus
 *
 * Starts the built mimic and daemon and a Prometheus in a directory of their own, sends some requests, and holds that
 * promtool finds nothing to say of the page, that the scrape is well, and that what Prometheus answers is on the page.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "inferguard-prometheus-"));
const runtime = join(folder, "runtime");
mkdirSync(runtime, { mode: 0o700 });
const env = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: runtime };
const children: ChildProcess[] = [];

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  child.once("error", (error) => console.error(`${program}: ${error.message}`));
  children.push(child);
  return child;
}

function inferguard(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`inferguard ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function lineOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout !== null) for await (const line of createInterface(stdout)) return line;
  throw new Error("it ended without a word");
}

function ask(url: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? "GET" : "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

interface Answered {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

const failures: string[] = [];
const hold = (what: string, isHeld: boolean) => {
  console.log(`${isHeld ? "held" : "NOT HELD"}: ${what}`);
  if (!isHeld) failures.push(what);
};

try {
  const mimic = start(process.execPath, [bin, "mimic", "--port", "0", "--json"]);
  const { origin } = new URL((JSON.parse(await lineOf(mimic)) as { url: string }).url);
  const watched = ["--metrics-url", `${origin}/metrics`, "--gpu-metrics-url", `${origin}/dcgm/metrics`];
  const up = JSON.parse(inferguard("daemon", "start", ...watched, "--interval", "1s", "--port", "0", "--json")) as {
    metrics_url: string;
    token_file: string;
  };
  const authorization = `Bearer ${readFileSync(up.token_file, "utf8").trim()}`;

  const port = await freePort();
  const configuration = {
    global: { scrape_interval: "1s" },
    scrape_configs: [
      {
        job_name: "inferguard",
        authorization: { credentials_file: up.token_file },
        static_configs: [{ targets: [new URL(up.metrics_url).host] }],
      },
    ],
  };
  // YAML has JSON in it.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(configuration));
  start("prometheus", [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "tsdb")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const query = async (expression: string) => {
    const text = await ask(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`).catch(
      () => "",
    );
    const [found] = text === "" ? [] : (JSON.parse(text) as Answered).data.result;
    return found === undefined ? null : Number(found.value[1]);
  };
  const waitFor = async (expression: string, isEnough: (value: number) => boolean) => {
    for (let i = 0; i < 60; i++) {
      const value = await query(expression);
      if (value !== null && isEnough(value)) return value;
      await wait(500);
    }
    return query(expression);
  };

  hold("Prometheus scrapes the daemon", (await waitFor('up{job="inferguard"}', (value) => value === 1)) === 1);
  await waitFor('inferguard_endpoint_up{role="gpu"}', (value) => value === 1);
  const tokens = 'inferguard_generation_tokens_total{endpoint="0"}';
  await waitFor(tokens, (value) => value >= 0);
  const body = JSON.stringify({ model: "mimic-demo", messages: [{ role: "user", content: "a word" }], max_tokens: 25 });
  for (let i = 0; i < 8; i++) await ask(`${origin}/v1/chat/completions`, { "Content-Type": "application/json" }, body);
  hold("8 requests of 25 tokens are 200 tokens", (await waitFor(tokens, (value) => value >= 200)) === 200);
  const count = await query('inferguard_ttft_seconds_count{endpoint="0"}');
  hold("and 8 times to first token", count === 8);
  const p50 = await query('histogram_quantile(0.5, rate(inferguard_ttft_seconds_bucket{endpoint="0"}[30s]))');
  hold(`whose median it can estimate (${p50} s)`, p50 !== null && p50 > 0 && p50 < 10);
  hold("and the power of a GPU", ((await query("inferguard_gpu_power_watts")) ?? 0) > 0);

  const page = await ask(up.metrics_url, { Authorization: authorization });
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: page, encoding: "utf8" });
  hold(`promtool check metrics has nothing to say of ${page.length} bytes`, status === 0 && stdout + stderr === "");
  const dropped = await query('scrape_samples_scraped{job="inferguard"} - scrape_samples_post_metric_relabeling');
  hold("no sample of it is dropped", dropped === 0);
  const version = spawnSync("prometheus", ["--version"], { encoding: "utf8" });
  console.log((version.stdout + version.stderr).split("\n")[0]);
} finally {
  spawnSync(process.execPath, [bin, "daemon", "stop"], { cwd: folder, env });
  for (const child of children) child.kill();
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;
