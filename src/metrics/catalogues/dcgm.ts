/** NVIDIA's dcgm-exporter. Names and units from its etc/default-counters.csv and the DCGM field list. */
import type { Catalogue } from "./catalogue.ts";

const PERCENT = 0.01;
const MIB = 1024 * 1024;
const MILLI = 0.001;
const NANOSECONDS_TO_MS = 1e-6;

/** A GPU shared by several pods is listed once for each; a partition repeats what only the whole GPU has. */
const workloads = ["container", "namespace", "pod", "pod_uid", "hpc_job"];
const partitions = ["GPU_I_ID", "GPU_I_PROFILE"];

export const dcgm: Catalogue = {
  engine: "dcgm",
  prefixes: ["DCGM_FI_"],
  copies: [...workloads, ...partitions],
  entries: [
    { raw: "DEV_GPU_UTIL", name: "gpu_utilization", factor: PERCENT },
    { raw: "PROF_GR_ENGINE_ACTIVE", name: "gpu_engine_active" },
    { raw: "PROF_SM_ACTIVE", name: "gpu_sm_active" },
    { raw: "PROF_SM_OCCUPANCY", name: "gpu_sm_occupancy" },
    { raw: "PROF_PIPE_TENSOR_ACTIVE", name: "gpu_tensor_active" },
    { raw: "PROF_DRAM_ACTIVE", name: "gpu_dram_active" },
    // Every partition has memory of its own.
    { raw: "DEV_FB_USED", name: "gpu_memory_used_bytes", factor: MIB, copies: workloads },
    { raw: "DEV_FB_FREE", name: "gpu_memory_free_bytes", factor: MIB, copies: workloads },
    { raw: "DEV_POWER_USAGE", name: "gpu_power_w" },
    { raw: "DEV_TOTAL_ENERGY_CONSUMPTION", name: "gpu_energy_j", factor: MILLI },
    { raw: "DEV_GPU_TEMP", name: "gpu_temperature_c" },
    { raw: "DEV_MEMORY_TEMP", name: "gpu_memory_temperature_c" },
    { raw: "DEV_SM_CLOCK", name: "gpu_sm_clock_mhz" },
    { raw: "DEV_MEM_CLOCK", name: "gpu_memory_clock_mhz" },
    { raw: "PROF_PCIE_TX_BYTES", name: "gpu_pcie_sent_bytes_per_s" },
    { raw: "PROF_PCIE_RX_BYTES", name: "gpu_pcie_received_bytes_per_s" },
    { raw: "DEV_PCIE_REPLAY_COUNTER", name: "gpu_pcie_replays" },
    { raw: "DEV_POWER_VIOLATION", name: "gpu_power_throttled_ms", factor: NANOSECONDS_TO_MS },
    { raw: "DEV_THERMAL_VIOLATION", name: "gpu_thermal_throttled_ms", factor: NANOSECONDS_TO_MS },
  ],
  notUsed: {
    DEV_XID_ERRORS: "the number of the last error, not how many there were",
    DEV_MEM_COPY_UTIL: "the share of time with any traffic; PROF_DRAM_ACTIVE says how much there was",
  },
  // DCGM's blank values stand at the top of the signed 64-bit integers.
  absentFrom: 2 ** 63 - 16,
};
