import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { l4 } from "../devices.ts";
import { ask, chatBody, metricsOf, quick, startQuick } from "../mimic.fixture.ts";
import { createSimulation } from "../simulation.ts";
import { renderDcgm } from "./dcgm.ts";

const fixture = new URL("../../../test/fixtures/expositions/dcgm-default-counters.csv", import.meta.url);

describe("the devices' metrics page", () => {
  it("has the fields of dcgm-exporter's default counters, with their types", () => {
    const expected = readFileSync(fixture, "utf8")
      .split("\n")
      .map((line) => line.split(",").map((cell) => cell.trim()))
      .filter(([name, type]) => name?.startsWith("DCGM_") && type !== "label")
      .map(([name, type]) => `${name} ${type}`);
    const page = renderDcgm(quick, createSimulation(quick, 1).devices(0));
    const given = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(expected.length).toBeGreaterThan(20);
    expect(given.toSorted()).toEqual(expected.toSorted());
  });

  it("has every device of every rank, and shows which are busy", () => {
    const profile = { ...quick, ranks: 2, devices: 2 };
    const simulation = createSimulation(profile, 1);
    simulation.submit({ id: "a", nowMs: 0, inputTokens: 10, outputTokens: 2000 });
    simulation.advance(2000);
    const page = renderDcgm(profile, simulation.devices(2000));
    const utilization = [...page.matchAll(/^DCGM_FI_DEV_GPU_UTIL\{.*gpu="(\d)".*\} (\d+)$/gm)].map(([, gpu, value]) => [
      gpu,
      value,
    ]);
    expect(utilization).toEqual([
      ["0", "100"],
      ["1", "100"],
      ["2", "0"],
      ["3", "0"],
    ]);
  });

  it("gives DCGM's blank value for a sensor that the device does not have", () => {
    const profile = { ...quick, device: l4 };
    const page = renderDcgm(profile, createSimulation(profile, 1).devices(0));
    expect(page).toMatch(/^DCGM_FI_DEV_MEMORY_TEMP\{.*\} 9223372036854775794$/m);
  });

  it("counts throttled time where the machine can get too hot", () => {
    const thermal = {
      ...{ ambientCelsius: 30, celsiusPerWatt: 1, timeConstantSeconds: 1 },
      ...{ limitCelsius: 80, recoverCelsius: 40, clock: 0.5 },
    };
    const profile = { ...quick, thermal };
    const simulation = createSimulation(profile, 1);
    simulation.submit({ id: "a", nowMs: 0, inputTokens: 10, outputTokens: 4000 });
    simulation.advance(4000);
    const page = renderDcgm(profile, simulation.devices(4000));
    const throttledNs = Number(/^DCGM_FI_DEV_THERMAL_VIOLATION\{.*\} (\d+)$/m.exec(page)?.[1]);
    expect(throttledNs).toBeGreaterThan(1e9);
    expect(page).toMatch(/^DCGM_FI_DEV_SM_CLOCK\{.*\} 750$/m);
  });

  it("is served beside the engine's, under the names of the engine that was asked for", async () => {
    const mimic = await startQuick({ engine: "sglang" });
    expect((await ask(mimic.port, "/v1/chat/completions", chatBody())).status).toBe(200);
    const metrics = metricsOf((await ask(mimic.port, "/metrics")).body);
    expect(metrics.get('sglang:generation_tokens_total{model_name="quick-model"}')).toBe(6);
    expect((await ask(mimic.port, "/dcgm/metrics")).body).toContain('modelName="Mimic demo device"');
    await mimic.close();
    await expect(startQuick({ engine: "triton" as "vllm" })).rejects.toThrow(/no metrics of "triton"/);
  });
});
