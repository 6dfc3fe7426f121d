import "./without-code-generation.ts";
import * as z from "zod";
import { benchPlanSchema } from "./bench-plan.ts";
import { daemonPlanSchema } from "./daemon-plan.ts";
import { tracePlanSchema } from "./trace-plan.ts";

/** Everything that a command decided before the first byte was sent. */
export const planSchema = z.discriminatedUnion("command", [benchPlanSchema, tracePlanSchema, daemonPlanSchema]);
export type Plan = z.infer<typeof planSchema>;
