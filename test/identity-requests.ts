/**
 * Requests of all APIs, streamed and not, whole and in chunks, well-formed and with every fault of the simulated engine that
 * ends by itself: for what must be the same on two ways to it. Each is unlike every other, so that the engine answers it alike
 * whatever else it is asked meanwhile.
 */

/** All that one connection says, the last of it asking for the connection's end. A reply that breaks off has one of its own. */
export function* conversations(count: number): Generator<string> {
  let together: number[] = [];
  for (let number = 0; number < count; number++) {
    if (number % 11 === 10) yield requestOf(number, fatal, true);
    else together.push(number);
    if (together.length === 0 || (together.length < 5 && number < count - 1)) continue;
    yield together.map((each, at) => requestOf(each, harmless, at === together.length - 1)).join("");
    together = [];
  }
}

const user = (number: number) => ({ role: "user", content: `say ${number} words of the sea, or ${number % 7} more` });
const bodies: readonly ((number: number) => { path: string; body: object })[] = [
  (number) => ({ path: "/v1/chat/completions", body: { messages: [user(number)], stream: true } }),
  (number) => ({ path: "/v1/chat/completions", body: { messages: [user(number)] } }),
  (number) => ({ path: "/v1/chat/completions", body: { messages: [user(number)], stream: true, tools: [tool] } }),
  (number) => ({ path: "/v1/completions", body: { prompt: `once ${number}`, stream: number % 2 === 0 } }),
  (number) => ({ path: "/v1/responses", body: { input: `hear ${number}`, stream: number % 2 === 0 } }),
  (number) => ({ path: "/v1/messages", body: { messages: [user(number)], max_tokens: 6, stream: number % 2 === 0 } }),
  (number) => ({ path: "/v1/embeddings", body: { input: [`a ${number}`, "b"] } }),
  (number) => ({ path: "/v1/models", body: { ignored: number } }),
  (number) => ({ path: `/v1/nowhere/${number}?a=b`, body: {} }),
];
const tool = { type: "function", function: { name: "look_up", parameters: { type: "object", properties: {} } } };

const harmless = [
  "",
  "",
  "",
  "reasoning-then-content",
  "usage-every",
  "error-in-200",
  "http-429",
  "http-500",
  "redirect",
  "html",
  "crlf",
  "multibyte-split=1",
  "tokens-per-event=3",
];
const fatal = ["reset-mid-stream=2", "truncated-chunk=2", "truncated-stream=2"];

function requestOf(number: number, faults: readonly string[], isLast: boolean): string {
  const { path, body } = bodies[number % bodies.length]?.(number) ?? { path: "/", body: {} };
  const fault = faults[Math.floor(number / 3) % faults.length] ?? "";
  const text =
    number % 31 === 30 ? `{"not json": ${number}` : JSON.stringify({ model: "quick-model", max_tokens: 6, ...body });
  const isChunked = number % 5 === 4;
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "content-type: application/json",
    ...(fault === "" ? [] : [`X-Mimic-Fault: ${fault}`]),
    isChunked ? "transfer-encoding: chunked" : `content-length: ${Buffer.byteLength(text)}`,
    ...(isLast ? ["connection: close"] : []),
  ];
  const middle = Math.floor(text.length / 2);
  const chunks = [text.slice(0, middle), text.slice(middle)].map(
    (part) => `${part.length.toString(16)};n=${number}\r\n${part}\r\n`,
  );
  return `${lines.join("\r\n")}\r\n\r\n${isChunked ? `${chunks.join("")}0\r\nx-trailer: ${number}\r\n\r\n` : text}`;
}
