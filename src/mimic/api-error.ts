/** An answer that is an error: thrown where a request is read, written by the server. */

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    { type = typeOf(status), param = null, headers = {} }: ErrorDetails = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.headers = headers;
  }
}

interface ErrorDetails {
  type?: string;
  param?: string | null;
  headers?: Record<string, string>;
}

/** As OpenAI and vLLM write it. */
export function errorBody(error: ApiError): Readonly<Record<string, unknown>> {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.status } };
}

/** vLLM names its errors after Python's; OpenAI's own servers say invalid_request_error and the like. */
function typeOf(status: number): string {
  if (status === 401) return "AuthenticationError";
  if (status === 404) return "NotFoundError";
  if (status === 405) return "MethodNotAllowedError";
  if (status === 429) return "RateLimitError";
  return status < 500 ? "BadRequestError" : "InternalServerError";
}
