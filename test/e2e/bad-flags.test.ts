/** Flags that cannot be meant as they were typed: nothing is done, the flag is named, and the exit code is 2. */
import { describe, expect, it } from "vitest";
import { refusal } from "./refusal.ts";

describe("a flag's value that makes no sense is exit 2 and names the flag", () => {
  it.each([
    ["--concurrency", ["0", "-1", "1.5", "x", "", "1,,2", "1e3", "99999999999999999999", "1000000000"]],
    ["--rate", ["0", "-1", "x", "", "1,,2", "Infinity", "NaN"]],
    ["--requests", ["0", "-5", "2.5", "ten", "", "1,2"]],
    ["--max-in-flight", ["0", "-1", "x", ""]],
    ["--gpus", ["0", "-1", "x", "1.5"]],
    ["--duration", ["10", "0s", "-5s", "5 s", "ten", "1d", "", "100000h"]],
    ["--drain", ["10", "-1s", "x", ""]],
    ["--warmup", ["-1", "x", "1.5", "", "0s"]],
    ["--connect-timeout", ["10", "0s", "x", "1000h"]],
    ["--request-timeout", ["10", "0s", "x", "1000h"]],
    ["--idle-timeout", ["10", "0s", "x", "1000h"]],
    ["--input-tokens", ["0", "-1", "x", "", "5:", "5:-1", "5:x"]],
    ["--output-tokens", ["0", "-1", "x", "", "5:", "5:-1", "5:x"]],
    ["--arrival", ["", "uniform", "gamma", "gamma:", "gamma:0", "gamma:x"]],
    ["--slo", ["", "ttft", "ttft=", "ttft=5", "speed=1s", "ttft=1s;tpot=1s"]],
    ["--connections", ["", "some"]],
    ["--api", ["", "responses"]],
    ["--endpoint", ["", "  ", "localhost:8000", "nonsense", "ftp://127.0.0.1", "http://", "http://u:p@127.0.0.1"]],
    ["--metrics-url", ["", "nonsense", "ftp://127.0.0.1", "engine=", "http://u:p@127.0.0.1"]],
    ["--gpu-metrics-url", ["", "nonsense"]],
    [
      "--proxy",
      ["", "nonsense", "proxy:3128", "socks5://127.0.0.1:1080", "http://127.0.0.1:9/path", "http://u:p@127.0.0.1:9"],
    ],
    ["--header", ["", "no colon", ": value", "bad name: x", "Host: x", "Content-Length: 1", "X: a\nY: b"]],
    [
      "--resolve",
      ["", "a:b", "localhost:8000", "localhost:8000:x", "localhost:99999:127.0.0.1", "localhost:8000:1.2.3.999"],
    ],
  ])("%s", async (flag, values) => {
    for (const value of values) {
      // With an endpoint where a flag needs one: on its own it would be refused for the lack of it.
      const base = flag === "--endpoint" ? ["bench"] : ["bench", "--endpoint", "http://127.0.0.1:9", "--model", "m"];
      const { code, stderr } = await refusal([...base, flag, value]);
      expect({ value, code }).toEqual({ value, code: 2 });
      expect(stderr).toContain(flag);
    }
  });

  it("--port, of the simulated engine", async () => {
    for (const value of ["-1", "x", "65536", ""]) {
      const { code, stderr } = await refusal(["mimic", "--port", value]);
      expect({ value, code }).toEqual({ value, code: 2 });
      expect(stderr).toContain("--port");
    }
  });

  it("without its value", async () => {
    const { code, stderr } = await refusal(["bench", "--requests"]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--requests") as string });
  });
});

describe("a command line that contradicts itself is exit 2 and names both", () => {
  const at = ["--endpoint", "http://127.0.0.1:9", "--model", "m"];
  it.each([
    [
      ["--rate", "1", "--concurrency", "1"],
      ["--rate", "--concurrency"],
    ],
    [
      ["--arrival", "constant"],
      ["--arrival", "--rate"],
    ],
    [
      ["--max-in-flight", "4"],
      ["--max-in-flight", "--rate"],
    ],
    [
      ["--input", "file.jsonl", "--input-tokens", "5"],
      ["--input ", "--input-tokens"],
    ],
    [
      ["--api-key-env", "A", "--api-key-file", "b"],
      ["--api-key-env", "--api-key-file"],
    ],
    [
      ["--no-metrics", "--metrics-url", "http://127.0.0.1:9"],
      ["--no-metrics", "--metrics-url"],
    ],
    [
      ["--api", "completions", "--endpoint", "http://127.0.0.1:9/v1/chat/completions"],
      ["--api", "--endpoint"],
    ],
    [
      ["--resolve", "elsewhere:9:127.0.0.1"],
      ["--resolve", "elsewhere:9"],
    ],
    [
      ["--proxy-header-file", "headers"],
      ["--proxy-header-file", "--proxy"],
    ],
    [
      ["--proxy", "http://127.0.0.1:9", "--header", "Proxy-Authorization: Basic dTpw"],
      ["--header Proxy-Authorization", "--proxy-header-file"],
    ],
  ])("%j", async (flags, named) => {
    const { code, stderr } = await refusal(["bench", ...at, ...flags]);
    expect(code).toBe(2);
    for (const name of named) expect(stderr).toContain(name);
  });

  it.each([
    ["--model", "m"],
    ["--metrics-url", "http://127.0.0.1:9/metrics"],
    ["--gpu-metrics-url", "http://127.0.0.1:9/metrics"],
    ["--api-key-env", "HOME"],
    ["--api-key-file", "key"],
    ["--header", "X-A: b"],
    ["--header-file", "headers"],
    ["--body", "body.json"],
    ["--ca-file", "ca.pem"],
    ["--insecure"],
    ["--allow-plaintext-key"],
    ["--resolve", "a:1:127.0.0.1"],
    ["--proxy", "http://127.0.0.1:9"],
    ["--no-stream-usage"],
  ])("%s without --endpoint, and the simulated engine is not loaded", async (...flags) => {
    const { code, stderr } = await refusal(["bench", ...flags]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${flags[0]} needs --endpoint`) as string,
    });
  });
});

describe("a word that is not known is exit 2, with the one that was meant", () => {
  it.each([
    [["bench", "--concurency", "4"], "--concurrency"],
    [["bench", "--endpiont", "http://127.0.0.1:9"], "--endpoint"],
    [["bench", "--requets", "4"], "--requests"],
    [["benhc"], "bench"],
    [["runs", "lst"], "list"],
    [["telemetry", "statsu"], "status"],
    [["bench", "http://127.0.0.1:9"], "--endpoint http://127.0.0.1:9"],
  ])("%j", async (args, meant) => {
    const { code, stderr } = await refusal(args);
    expect(code).toBe(2);
    expect(stderr).toContain(meant);
  });
});
