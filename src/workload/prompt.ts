/** What one request asks, before an API's dialect puts it into a body. */

/** Sent as it is: beside `role` and `content` it may have fields that only the server knows. */
export type Message = { role: string; content: string | unknown[] } & Record<string, unknown>;

export interface Prompt {
  content: { kind: "text"; text: string } | { kind: "messages"; messages: Message[] };
  /** What the prompt was made to be; null where nobody said. What it really was, the server's usage tells. */
  wantedInputTokens: number | null;
  wantedOutputTokens: number | null;
}
