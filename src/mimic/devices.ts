/**
 * Accelerators as their makers publish them. FLOP/s are dense, for BF16, without sparsity; bytes are decimal. The SM and
 * memory clocks are the highest that nvidia-smi shows; the idle power is a typical reading, not a published figure.
 */
import type { Device } from "./simulation/profile.ts";

/** NVIDIA H100 Tensor Core GPU datasheet (SXM): 989.4 TFLOP/s, 3.35 TB/s, 80 GB, 700 W. */
export const h100: Device = {
  name: "NVIDIA H100 80GB HBM3",
  memoryBytes: 80e9,
  bandwidthBytesPerSecond: 3.35e12,
  flopsPerSecond: 989.4e12,
  maxWatts: 700,
  idleWatts: 70,
  smClockMhz: 1980,
  memoryClockMhz: 2619,
  memorySensor: true,
};

/** NVIDIA H200 Tensor Core GPU datasheet (SXM): the H100's compute with 141 GB at 4.8 TB/s, 700 W. */
export const h200: Device = {
  name: "NVIDIA H200",
  memoryBytes: 141e9,
  bandwidthBytesPerSecond: 4.8e12,
  flopsPerSecond: 989.4e12,
  maxWatts: 700,
  idleWatts: 75,
  smClockMhz: 1980,
  memoryClockMhz: 3201,
  memorySensor: true,
};

/** NVIDIA A100 80GB Tensor Core GPU datasheet (SXM): 312 TFLOP/s, 2,039 GB/s, 80 GB, 400 W. */
export const a100: Device = {
  name: "NVIDIA A100-SXM4-80GB",
  memoryBytes: 80e9,
  bandwidthBytesPerSecond: 2.039e12,
  flopsPerSecond: 312e12,
  maxWatts: 400,
  idleWatts: 60,
  smClockMhz: 1410,
  memoryClockMhz: 1593,
  memorySensor: true,
};

/** NVIDIA L4 Tensor Core GPU datasheet: 121 TFLOP/s (242 with sparsity), 300 GB/s, 24 GB, 72 W. */
export const l4: Device = {
  name: "NVIDIA L4",
  memoryBytes: 24e9,
  bandwidthBytesPerSecond: 300e9,
  flopsPerSecond: 121e12,
  maxWatts: 72,
  idleWatts: 16,
  smClockMhz: 2040,
  memoryClockMhz: 6251,
  memorySensor: false,
};

/** No such thing exists: the device of the demonstration profile, for its metrics page. */
export const fictitious: Device = {
  name: "Mimic demo device",
  memoryBytes: 24e9,
  bandwidthBytesPerSecond: 1e12,
  flopsPerSecond: 100e12,
  maxWatts: 200,
  idleWatts: 20,
  smClockMhz: 1500,
  memoryClockMhz: 5000,
  memorySensor: true,
};
