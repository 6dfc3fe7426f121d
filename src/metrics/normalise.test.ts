import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseExposition } from "./exposition.ts";
import { normaliseFamilies } from "./normalise.ts";

const fixture = (path: string) => readFileSync(new URL(`../../test/fixtures/${path}`, import.meta.url), "utf8");
const normalise = (text: string) => normaliseFamilies(parseExposition(text, { format: "prometheus" }).families);

describe("a page of a real llama.cpp server", () => {
  const page = normalise(fixture("real-engine/metrics.txt"));

  it("gives its counters and gauges our names", () => {
    expect(page.engine).toBe("llamacpp");
    expect(page.gauges).toEqual({ requests_running: 0, requests_waiting: 0 });
    expect(page.counters).toMatchObject({
      prompt_tokens_computed: 53,
      prompt_tokens_cached: 1,
      generation_tokens: 61,
      decode_steps: 61,
    });
    expect(page.counters["prefill_busy_ms"]).toBe(2.32);
  });

  it("leaves out averages over the server's life, and knows them", () => {
    expect(JSON.stringify(page)).not.toContain("22844.8");
    expect(page.unknown).toEqual([]);
  });
});

/** A page with these families of vLLM, each with one sample of value 1. */
function vllmPage(families: string): string {
  return families
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name, type] = line.split(" ") as [string, string];
      const labels = 'engine="0",model_name="m"';
      if (type !== "histogram") return `# TYPE ${name} ${type}\n${name}{${labels}} 1\n`;
      return `# TYPE ${name} histogram\n${name}_bucket{${labels},le="0.5"} 0\n${name}_bucket{${labels},le="+Inf"} 1\n${name}_sum{${labels}} 2\n${name}_count{${labels}} 1\n`;
    })
    .join("");
}

describe("a vLLM page", () => {
  const families = fixture("expositions/vllm-0.26.0-families.txt");

  it("has a name for everything that 0.26.0 exposes, save what this program has no use for", () => {
    const page = normalise(vllmPage(families));
    expect(page.engine).toBe("vllm");
    expect(page.unknown).toEqual([
      "vllm:estimated_flops_per_gpu_total",
      "vllm:estimated_read_bytes_per_gpu_total",
      "vllm:estimated_write_bytes_per_gpu_total",
      "vllm:mm_cache_hits_total",
      "vllm:mm_cache_queries_total",
    ]);
    expect(Object.keys(page.histograms).sort()).toEqual([
      "decode_time_ms",
      "e2e_ms",
      "inference_time_ms",
      "inter_token_latency_ms",
      "iteration_tokens",
      "prefill_time_ms",
      "queue_time_ms",
      "request_generation_tokens",
      "request_prompt_tokens",
      "tpot_ms",
      "ttft_ms",
    ]);
    expect(page.histograms["ttft_ms"]).toEqual({ sum: 2000, count: 1, bounds: [500, null], counts: [0, 1] });
    expect(page.histograms["iteration_tokens"]?.bounds).toEqual([0.5, null]);
  });

  it("means the same with and without _total", () => {
    const page = vllmPage(families);
    const without = page.replaceAll("_total", "");
    const { unknown: _with, ...expected } = normalise(page);
    const { unknown: _without, ...actual } = normalise(without);
    expect(actual).toEqual(expected);
    expect(Object.keys(actual.counters).length).toBeGreaterThan(8);
  });

  it("reads the names of older versions, and prefers the newer where both are there", () => {
    expect(normalise("vllm:gpu_cache_usage_perc 0.25\n").gauges).toEqual({ kv_cache_usage: 0.25 });
    expect(normalise("vllm:gpu_cache_usage_perc 0.25\nvllm:kv_cache_usage_perc 0.5\n").gauges).toEqual({
      kv_cache_usage: 0.5,
    });
  });

  it("adds engines up, takes the fullest KV cache, and splits what labels split", () => {
    const { gauges, counters } = normalise(
      `
vllm:num_requests_running{engine="0"} 3
vllm:num_requests_running{engine="1"} 4
vllm:kv_cache_usage_perc{engine="0"} 0.2
vllm:kv_cache_usage_perc{engine="1"} 0.9
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9
vllm:num_requests_waiting_by_reason{engine="0",reason="deferred"} 2
vllm:cache_config_info{engine="0",block_size="16",num_gpu_blocks="1000"} 1
vllm:cache_config_info{engine="1",block_size="16",num_gpu_blocks="500"} 1
vllm:request_success_total{finished_reason="stop"} 5
vllm:request_success_total{finished_reason="abort"} 1
# TYPE vllm:request_success_created gauge
vllm:request_success_created{finished_reason="stop"} 1788184174
`.trimStart(),
    );
    expect(gauges).toEqual({
      requests_running: 7,
      kv_cache_usage: 0.9,
      requests_waiting_capacity: 9,
      requests_waiting_deferred: 2,
      kv_cache_capacity_tokens: 24000,
      kv_cache_capacity_blocks: 1500,
    });
    expect(counters).toEqual({ requests_finished: 6, requests_aborted: 1 });
  });

  it("leaves out a number that a page does not have, rather than say zero", () => {
    const { gauges } = normalise(
      'vllm:num_requests_running 1\nvllm:kv_cache_usage_perc NaN\nvllm:cache_config_info{block_size="16",num_gpu_blocks="None"} 1\n',
    );
    expect(gauges).toEqual({ requests_running: 1 });
  });
});

describe("an SGLang page", () => {
  it("takes the total and not each priority beside it", () => {
    const { gauges } = normalise(
      'sglang:num_queue_reqs{priority=""} 5\nsglang:num_queue_reqs{priority="1"} 2\nsglang:num_queue_reqs{priority="2"} 3\n',
    );
    expect(gauges).toEqual({ requests_waiting: 5 });
  });

  it("adds data-parallel ranks and counts tensor-parallel ranks once", () => {
    const { gauges } = normalise(
      ["0,0", "0,1", "1,2", "1,3"]
        .map((ranks) => ranks.split(","))
        .map(([dp, tp]) => `sglang:num_running_reqs{dp_rank="${dp}",tp_rank="${tp}"} 4\n`)
        .join(""),
    );
    expect(gauges).toEqual({ requests_running: 8 });
  });

  it("prefers the exact KV usage to the one cut to two decimals", () => {
    expect(normalise("sglang:token_usage 0.51\nsglang:full_token_usage 0.5061\n").gauges).toEqual({
      kv_cache_usage: 0.5061,
    });
  });
});

describe("histograms of several series", () => {
  const histogram = (engine: number, counts: readonly [string, number][]) =>
    `${counts.map(([le, count]) => `vllm:time_to_first_token_seconds_bucket{engine="${engine}",le="${le}"} ${count}\n`).join("")}vllm:time_to_first_token_seconds_sum{engine="${engine}"} 1\nvllm:time_to_first_token_seconds_count{engine="${engine}"} ${counts.at(-1)?.[1]}\n`;
  const type = "# TYPE vllm:time_to_first_token_seconds histogram\n";

  it("are added where the bounds are equal", () => {
    const one = histogram(0, [
      ["0.1", 1],
      ["1", 2],
      ["+Inf", 3],
    ]);
    const two = histogram(1, [
      ["0.1", 0],
      ["1", 5],
      ["+Inf", 5],
    ]);
    expect(normalise(type + one + two).histograms["ttft_ms"]).toEqual({
      sum: 2000,
      count: 8,
      bounds: [100, 1000, null],
      counts: [1, 7, 8],
    });
  });

  it("keep the common bounds where they differ, and estimate nothing", () => {
    const one = histogram(0, [
      ["0.1", 1],
      ["1", 2],
      ["+Inf", 3],
    ]);
    const two = histogram(1, [
      ["0.2", 4],
      ["1", 5],
      ["+Inf", 6],
    ]);
    expect(normalise(type + one + two).histograms["ttft_ms"]).toEqual({
      sum: 2000,
      count: 9,
      bounds: [1000, null],
      counts: [7, 9],
    });
  });
});

describe("a DCGM page", () => {
  const labels = (gpu: number) => `gpu="${gpu}",UUID="GPU-${gpu}",Hostname="h"`;

  it("turns its units into ours", () => {
    const page = normalise(
      `DCGM_FI_DEV_GPU_UTIL{${labels(0)}} 57\nDCGM_FI_DEV_FB_USED{${labels(0)}} 1024\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{${labels(0)}} 5000\n`,
    );
    expect(page.engine).toBe("dcgm");
    expect(page.gauges).toEqual({ gpu_utilization: 0.57, gpu_memory_used_bytes: 2 ** 30 });
    expect(page.counters).toEqual({ gpu_energy_j: 5 });
  });

  it("takes its blanks for absent: they count neither in a maximum nor as part of a sum", () => {
    const page = normalise(
      `DCGM_FI_DEV_GPU_TEMP{${labels(0)}} 60\nDCGM_FI_DEV_GPU_TEMP{${labels(1)}} 9223372036854775794\nDCGM_FI_DEV_POWER_USAGE{${labels(0)}} 300\nDCGM_FI_DEV_POWER_USAGE{${labels(1)}} 9223372036854775794\nDCGM_FI_DEV_MEMORY_TEMP{${labels(0)}} 9223372036854775792\n`,
    );
    expect(page.gauges).toEqual({ gpu_temperature_c: 60 });
  });

  it("counts a GPU once that is listed for several pods or partitions, but each partition's memory", () => {
    const { gauges } = normalise(
      ["a", "b"]
        .flatMap((pod) => ["1", "2"].map((part) => `${labels(0)},pod="${pod}",GPU_I_ID="${part}"`))
        .flatMap((all) => [`DCGM_FI_DEV_POWER_USAGE{${all}} 300\n`, `DCGM_FI_DEV_FB_USED{${all}} 1\n`])
        .join(""),
    );
    expect(gauges).toEqual({ gpu_power_w: 300, gpu_memory_used_bytes: 2 * 2 ** 20 });
  });
});

describe("other pages", () => {
  it("count a series once that stands on the page twice, and take its last value", () => {
    const { gauges } = normalise(
      'vllm:num_requests_running{a="1",b="2"} 4\nvllm:num_requests_running{b="2",a="1"} 3\n',
    );
    expect(gauges).toEqual({ requests_running: 3 });
  });

  it.each(["trtllm_", "trtllm:", ""])("reads TensorRT-LLM with the prefix %j", (prefix) => {
    const page = normalise(
      `${prefix}num_requests_running 1\n${prefix}num_requests_waiting 2\n${prefix}kv_cache_utilization 0.5\n`,
    );
    expect(page).toMatchObject({
      engine: "trtllm",
      gauges: { requests_running: 1, requests_waiting: 2, kv_cache_usage: 0.5 },
    });
  });

  it("takes no engine from one name without a prefix", () => {
    const unknown = ["num_requests_running", "process_cpu_seconds_total"];
    expect(normalise(unknown.map((name) => `${name} 1\n`).join(""))).toEqual({
      engine: null,
      gauges: {},
      counters: {},
      histograms: {},
      unknown,
    });
  });

  it("reads Dynamo's percent as the ratio it is, and TGI's durations", () => {
    expect(normalise("dynamo_component_gpu_cache_usage_percent 0.4\n").gauges).toEqual({ kv_cache_usage: 0.4 });
    const tgi = normalise(
      '# TYPE tgi_request_queue_duration histogram\ntgi_request_queue_duration_bucket{le="0.5"} 1\ntgi_request_queue_duration_bucket{le="+Inf"} 1\ntgi_request_queue_duration_sum 0.25\ntgi_request_queue_duration_count 1\n',
    );
    expect(tgi.histograms["queue_time_ms"]).toEqual({ sum: 250, count: 1, bounds: [500, null], counts: [1, 1] });
  });

  it("does not read a name of one kind as another", () => {
    const page = normalise(
      "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 1\n# TYPE vllm:time_to_first_token_seconds gauge\nvllm:time_to_first_token_seconds 1\n",
    );
    expect(page.histograms).toEqual({});
  });
});
