import "./without-code-generation.ts";
import * as z from "zod";

/**
 * How a number is known. `measured`: read off a clock or a counter. `inferred`: it rests on an assumption that `why`
 * names. `synthetic`: it comes from the built-in simulated engine. `not_proven`: it could not be established.
 */
export const claimSchema = z.enum(["measured", "inferred", "synthetic", "not_proven"]);
export type Claim = z.infer<typeof claimSchema>;
