/** The model to ask for: the one that was named, or the only one that the server serves. */
import { exitCode, UserError } from "../../errors.ts";
import { listModels } from "../../endpoint/list-models.ts";
import { type Asking, hintAtBase } from "./find-base.ts";

/** @throws UserError when no model was named and the server does not serve exactly one. */
export async function chooseModel(named: string | null, asking: Asking): Promise<string> {
  if (named !== null) return named;
  const { address, client, get, limits } = asking;
  const request = get(`${address.basePath}/models`);
  const answer = await listModels(client, request, limits);
  if ("models" in answer) {
    const [only, ...others] = answer.models;
    if (only !== undefined && others.length === 0) return only;
    const served =
      answer.models.length === 0
        ? "no model"
        : `${answer.models.length} models: ${answer.models.slice(0, 10).join(", ")}`;
    throw new UserError(`the server serves ${served}`, { hint: "name the one to load with --model" });
  }
  const what = "status" in answer ? `it answers ${answer.status} to GET ${request.path}` : answer.problem;
  const status = "status" in answer ? answer.status : null;
  const hint =
    status === 401 || status === 403
      ? "it wants a key: use --api-key-env NAME or --api-key-file PATH"
      : status === 404
        ? await hintAtBase(asking)
        : null;
  throw new UserError(`cannot ask the server which model it serves: ${what}`, {
    exitCode: exitCode.cannotRun,
    hint: hint ?? "name the model with --model, and check that --endpoint is the API's base",
  });
}
