/** Sends so many requests of so many messages of a conversation, one after the other. For bench/proxy.ts: a process of its own. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

const [port, count, messages] = process.argv.slice(2).map(Number);
for (let index = 0; index < (count ?? 0); index++) {
  const said = Array.from({ length: messages ?? 0 }, (_, turn) => ({
    role: turn % 2 === 0 ? "user" : "assistant",
    content: `${index} ${turn} ${"words ".repeat(30)}`,
  }));
  const body = JSON.stringify({ model: "m", messages: said });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const sent = request({ port, host: "127.0.0.1", method: "POST", path: "/v1/chat/completions", headers }).end(body);
  const [reply] = (await once(sent, "response")) as [IncomingMessage];
  reply.resume();
  await once(reply, "end");
  // So that it is read while nothing else comes.
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
