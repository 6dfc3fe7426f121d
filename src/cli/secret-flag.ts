/** The value of a flag that names where a secret is: a file, or `-` for standard input. Never the secret itself. */
import { isatty } from "node:tty";
import { UserError } from "../errors.ts";

export async function readSecret(flag: string, path: string): Promise<string> {
  const { longestSecretBytes, readSecretFile, secretFrom } = await import("../commands/secret-file.ts");
  if (path !== "-") return readSecretFile(flag, path);
  if (isatty(0))
    throw new UserError(`${flag} - reads standard input, which is a terminal: it would show what you type`, {
      hint: `use a pipe, or ${flag} with the path of a file`,
    });
  return secretFrom(flag, await readStandardInput(longestSecretBytes));
}

/** Up to the limit and one byte more. */
async function readStandardInput(limitBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, limitBytes + 1);
}
