/**
 * A name server that knows one name, at 127.0.0.1:53 of a network namespace: `name-server <name> <address> <command...>`.
 * It runs the command once it answers, and ends with its exit code.
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";

const [name = "", address = "", program = "", ...args] = process.argv.slice(2);
const server = createSocket("udp4", (query, from) => server.send(answerTo(query), from.port, from.address));
server.bind(53, "127.0.0.1", () => {
  spawn(program, args, { stdio: "inherit" }).once("close", (code) => {
    process.exitCode = code ?? 1;
    server.close();
  });
});

/** RFC 1035 section 4.1: the question again, and for an A question of the name one answer. */
function answerTo(query: Buffer): Buffer {
  const labels: string[] = [];
  let end = 12;
  for (let length = query.readUInt8(end); length > 0; length = query.readUInt8(end)) {
    labels.push(query.toString("latin1", end + 1, end + 1 + length));
    end += length + 1;
  }
  const question = query.subarray(12, end + 5);
  const isKnown = labels.join(".").toLowerCase() === name;
  const hasAnswer = isKnown && query.readUInt16BE(end + 1) === 1;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat(hasAnswer ? [header, question, answer] : [header, question]);
}
