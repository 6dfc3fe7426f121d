/**
 * The shapes of what is read most often. The build puts what these come to in this module's place, so that zod is not
 * loaded where they are all that is needed.
 */
import { shapeOf } from "./row-check.ts";
import { requestRowSchema } from "./schemas/request.ts";
import { runSchema } from "./schemas/run.ts";
import { timelineRowSchema } from "./schemas/timeline.ts";

export { rowSchemas } from "./row-schemas.ts";

export const runShape = shapeOf(runSchema);
export const requestRowShape = shapeOf(requestRowSchema);
export const timelineRowShape = shapeOf(timelineRowSchema);
