/** What the proxy itself answers: to requests that it will not pass on. Everything else is the endpoint's. */

export interface Refusal {
  status: keyof typeof reasonPhrases;
  code: string;
  /** What happened and what to do, for the person who reads the agent's error. */
  message: string;
}

const reasonPhrases = {
  400: "Bad Request",
  403: "Forbidden",
  421: "Misdirected Request",
  501: "Not Implemented",
} as const;

/** In the shape in which the clients of both OpenAI's and Anthropic's API look for a message. The connection ends after it. */
export function encodeRefusal({ status, code, message }: Refusal): Buffer {
  const said = `InferGuard's proxy did not pass this request on: ${message}`;
  const error = { type: "inferguard_refused", code, message: said };
  const body = `${JSON.stringify({ type: "error", error })}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${reasonPhrases[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "X-Should-Retry: false",
    "Connection: close",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
