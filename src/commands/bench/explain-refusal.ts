/** Turns a run in which every request was refused into one sentence and a hint, with nothing but GETs to find out more. */
import { exitCode, UserError } from "../../errors.ts";
import { listModels } from "../../endpoint/list-models.ts";
import type { RequestRow } from "../../runs/schemas/request.ts";
import { type Asking, hintAtBase } from "./find-base.ts";

export interface Refusal {
  rows: number;
  example: { row: RequestRow; message: string | null; refusal: string | null };
}

/** What a file may say of it: nothing of the server's own words. */
export function refusalForFile({ rows, example }: Refusal): string {
  const { error } = example.row;
  const status = error?.http_status ?? null;
  return `${allFailed(rows)}: ${error?.kind ?? "unknown"}${status === null ? "" : ` (HTTP ${status})`}`;
}

function allFailed(rows: number): string {
  return rows === 1 ? "the first request failed" : `the first ${rows} requests all failed`;
}

/** The error (exit code 1: it ran, and the answer is bad) to show for it. */
export async function explainRefusal(refusal: Refusal, model: string, asking: Asking): Promise<UserError> {
  const { address, client, get, limits } = asking;
  const { row, message, refusal: body } = refusal.example;
  const said = serverMessage(body);
  const what = `${allFailed(refusal.rows)}: ${message ?? "unknown"}${said === null ? "" : ` ("${said}")`}`;
  return new UserError(what, { exitCode: exitCode.bad, hint: await hintFor() });

  async function hintFor(): Promise<string> {
    const status = row.error?.http_status;
    if (row.error?.kind === "redirect")
      return "InferGuard does not follow redirects, because no flag names their target; give the final URL as --endpoint";
    if (row.error?.kind === "not_a_stream")
      return `POST ${address.path} is not a streaming API there; check the path, or put the API's base into --endpoint`;
    if (status === 401 || status === 403)
      return "it wants a key, or another one: use --api-key-env NAME or --api-key-file PATH";
    if (status === 400 && /stream_options|include_usage/.test(body ?? ""))
      return "the server does not take stream_options: use --no-stream-usage (token counts are then unknown)";
    if (status === 400 && /min_tokens|ignore_eos/.test(body ?? ""))
      return `the server does not take every field: take them out with --body '{"min_tokens":null,"ignore_eos":null}' in a file`;
    if (status === 404)
      return (await hintForNotFound()) ?? `nothing was found at POST ${address.path}; check --endpoint and --model`;
    return "the server's own log says more";
  }

  async function hintForNotFound(): Promise<string | null> {
    const answer = await listModels(client, get(`${address.basePath}/models`), limits);
    if ("models" in answer && !answer.models.includes(model))
      return `it does not serve ${model}; it serves ${answer.models.slice(0, 10).join(", ")}: use --model`;
    return hintAtBase(asking);
  }
}

/** The message of an OpenAI-like error body, one line. */
function serverMessage(body: string | null): string | null {
  if (body === null) return null;
  try {
    const document = JSON.parse(body) as {
      error?: { message?: unknown } | string;
      message?: unknown;
      detail?: unknown;
    };
    const nested = typeof document.error === "string" ? document.error : document.error?.message;
    const text = [nested, document.message, document.detail].find((value) => typeof value === "string");
    return typeof text === "string" ? text.replace(/\s+/g, " ").slice(0, 200) : null;
  } catch {
    return null;
  }
}
