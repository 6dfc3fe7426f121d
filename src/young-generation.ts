/**
 * V8's young generation, kept as small as it is when Node starts: 1 MB or less.
 *
 * Nothing is read while V8 collects garbage, and a read is stamped only when it is read. V8 doubles the young generation each
 * time that as many bytes as it holds have outlived a collection, up to 16 MB or more, where copying what lives in it stops
 * the thread for 3 to 12 ms at a time; a small one stops it more often, for less than half a millisecond. Nor does a small
 * one grow with all that ever passed through a process which lives for months. Its size is fixed when Node starts, but its
 * growth can be stopped while it runs. To share the copying of so little with other threads takes longer than it saves.
 * (https://v8.dev/blog/trash-talk says how the young generation works.)
 */
import { setFlagsFromString } from "node:v8";

/**
 * From now until the function that it returns is called. Call it first of all: what has grown stays as it is. Work that
 * only has to end soon is faster without it.
 */
export function keepYoungGenerationSmall(): () => void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-parallel-scavenge");
  return () => {
    setFlagsFromString("--semi-space-growth-factor=2");
    setFlagsFromString("--parallel-scavenge");
  };
}
