/**
 * Keeps V8's young generation as small as it is. V8 doubles it each time that as many bytes as it holds have outlived a
 * collection, counted from the beginning: with the length of what passes it comes to its largest size, however little is
 * in use at one time.
 */
import { setFlagsFromString } from "node:v8";

export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
