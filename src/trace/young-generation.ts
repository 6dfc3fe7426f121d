/**
 * Keeps V8's young generation as small as it is, and has it collected by this thread alone. V8 doubles it each time that as
 * many bytes as it holds have outlived a collection, counted from the beginning: with the length of what passes it comes to
 * its largest size, however little is in use at one time. Where other threads help with a small one, this one waits for them
 * as long as they get no core.
 */
import { setFlagsFromString } from "node:v8";

export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-parallel-scavenge");
}
