/**
 * What NVIDIA's dcgm-exporter would say of the devices: the fields of its default counters file. A device that has no
 * sensor for its memory gives DCGM's blank value there, as real ones do.
 */
import type { DeviceReading } from "../simulation/device-state.ts";
import type { EngineProfile } from "../simulation/profile.ts";
import { createFamilies, type Family, type Labels } from "./families.ts";

/** DCGM_INT64_NOT_SUPPORTED: two above DCGM_INT64_BLANK, 0x7ffffffffffffff0. No double holds it exactly. */
const blank = 9_223_372_036_854_775_794n;
const mebibyte = 1024 * 1024;

const families = {
  smClock: gauge("DCGM_FI_DEV_SM_CLOCK", "SM clock frequency (in MHz)."),
  memoryClock: gauge("DCGM_FI_DEV_MEM_CLOCK", "Memory clock frequency (in MHz)."),
  memoryTemperature: gauge("DCGM_FI_DEV_MEMORY_TEMP", "Memory temperature (in C)."),
  temperature: gauge("DCGM_FI_DEV_GPU_TEMP", "GPU temperature (in C)."),
  power: gauge("DCGM_FI_DEV_POWER_USAGE", "Power draw (in W)."),
  energy: counter("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Total energy consumption since boot (in mJ)."),
  pcieReplays: counter("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "Total number of PCIe retries."),
  utilization: gauge("DCGM_FI_DEV_GPU_UTIL", "GPU utilization (in %)."),
  copyUtilization: gauge("DCGM_FI_DEV_MEM_COPY_UTIL", "Memory utilization (in %)."),
  encoder: gauge("DCGM_FI_DEV_ENC_UTIL", "Encoder utilization (in %)."),
  decoder: gauge("DCGM_FI_DEV_DEC_UTIL", "Decoder utilization (in %)."),
  xid: gauge("DCGM_FI_DEV_XID_ERRORS", "Value of the last XID error encountered."),
  memoryFree: gauge("DCGM_FI_DEV_FB_FREE", "Framebuffer memory free (in MiB)."),
  memoryUsed: gauge("DCGM_FI_DEV_FB_USED", "Framebuffer memory used (in MiB)."),
  memoryReserved: gauge("DCGM_FI_DEV_FB_RESERVED", "Framebuffer memory reserved (in MiB)."),
  nvlink: counter("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "Total number of NVLink bandwidth counters for all lanes."),
  license: gauge("DCGM_FI_DEV_VGPU_LICENSE_STATUS", "vGPU License status"),
  uncorrectable: counter("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "Remapped rows for uncorrectable errors"),
  correctable: counter("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "Remapped rows for correctable errors"),
  remapFailure: gauge("DCGM_FI_DEV_ROW_REMAP_FAILURE", "Whether remapping of rows has failed"),
  engineActive: gauge("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "Ratio of time the graphics engine is active."),
  tensorActive: gauge("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "Ratio of cycles the tensor (HMMA) pipe is active."),
  memoryActive: gauge("DCGM_FI_PROF_DRAM_ACTIVE", "Ratio of cycles the device memory interface is active."),
  pcieSent: gauge("DCGM_FI_PROF_PCIE_TX_BYTES", "Rate of data transmitted over the PCIe bus (in B/s)."),
  pcieReceived: gauge("DCGM_FI_PROF_PCIE_RX_BYTES", "Rate of data received over the PCIe bus (in B/s)."),
};

/** Commented out in the default file; an operator who watches a hot machine switches it on. */
const thermalFamilies = {
  violation: counter("DCGM_FI_DEV_THERMAL_VIOLATION", "Throttling duration due to thermal constraints (in ns)."),
};

/** `readings` has one device of each rank; the page has all of them. */
export function renderDcgm(profile: EngineProfile, readings: readonly DeviceReading[]): string {
  const page = createFamilies(families, goNumber);
  const thermal = createFamilies(thermalFamilies, goNumber);
  const { device, devices } = profile;
  const shares = efficiencies(profile);
  const totalMib = Math.floor(device.memoryBytes / mebibyte);
  readings.forEach((reading, rank) => {
    for (let i = 0; i < devices; i++) {
      const labels = labelsOf(profile, rank * devices + i);
      for (const key of Object.keys(families) as (keyof typeof families)[]) page.set(key, labels, 0);
      page.set("smClock", labels, Math.round(device.smClockMhz * reading.clock));
      page.set("memoryClock", labels, device.memoryClockMhz);
      page.set("memoryTemperature", labels, device.memorySensor ? Math.round(reading.celsius + 6) : Number(blank));
      page.set("temperature", labels, Math.round(reading.celsius));
      page.set("power", labels, Number(reading.watts.toFixed(3)));
      page.set("energy", labels, Math.round(reading.joules * 1000));
      page.set("utilization", labels, Math.round(reading.busyShare * 100));
      page.set("copyUtilization", labels, Math.round(reading.memoryShare * 100));
      page.set("memoryUsed", labels, Math.floor(totalMib * 0.9));
      page.set("memoryReserved", labels, Math.floor(totalMib * 0.01));
      page.set("memoryFree", labels, totalMib - Math.floor(totalMib * 0.9) - Math.floor(totalMib * 0.01));
      page.set("engineActive", labels, Number(reading.busyShare.toFixed(6)));
      page.set("tensorActive", labels, Number((reading.computeShare * shares.compute).toFixed(6)));
      page.set("memoryActive", labels, Number((reading.memoryShare * shares.memory).toFixed(6)));
      thermal.set("violation", labels, Math.round(reading.throttledMs * 1e6));
    }
  });
  return page.render() + (profile.thermal === undefined ? "" : thermal.render());
}

function efficiencies({ step }: EngineProfile): { compute: number; memory: number } {
  if (step.kind === "linear") return { compute: 1, memory: 1 };
  return { compute: step.computeEfficiency, memory: step.bandwidthEfficiency };
}

function labelsOf({ device }: EngineProfile, index: number): Labels {
  const digits = String(index).padStart(12, "0");
  return {
    gpu: String(index),
    UUID: `GPU-00000000-0000-4000-8000-${digits}`,
    pci_bus_id: `00000000:${(0x10 + index).toString(16).padStart(2, "0").toUpperCase()}:00.0`,
    device: `nvidia${index}`,
    modelName: device.name,
    hostname: "mimic",
    DCGM_FI_DRIVER_VERSION: "580.65.06",
  };
}

/** Go prints whole numbers without a point. */
function goNumber(value: number): string {
  return value === Number(blank) ? String(blank) : String(value);
}

function gauge(name: string, help: string): Family {
  return { name, type: "gauge", help };
}

function counter(name: string, help: string): Family {
  return { name, type: "counter", help };
}
