/** A secret that a flag hands over in a file: some text, taken as it is and shown in no message. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { systemErrorCode, UserError } from "../errors.ts";
import { longestTokenBytes } from "../posture/consent-grant.ts";

export const longestSecretBytes = longestTokenBytes;

/** @throws UserError when it cannot be read, is no regular file, or holds no secret. */
export async function readSecretFile(flag: string, path: string): Promise<string> {
  try {
    // A pipe without a writer would keep us waiting; standard input is there for pipes.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile())
        throw new UserError(`the file of ${flag} is not a regular file`, {
          hint: `use \`${flag} -\` to hand it over on standard input`,
        });
      const { buffer, bytesRead } = await file.read(Buffer.alloc(longestSecretBytes + 1), 0, longestSecretBytes + 1, 0);
      return secretFrom(flag, buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof UserError || code === undefined) throw error;
    throw new UserError(`the file of ${flag} cannot be read: ${code}`, { hint: "name a file that this user may read" });
  }
}

/** @param bytes one more than the limit where there are more */
export function secretFrom(flag: string, bytes: Uint8Array): string {
  const hint = `it has to be UTF-8 text of 1 to ${longestSecretBytes} bytes`;
  if (bytes.length === 0) throw new UserError(`what ${flag} names is empty`, { hint });
  if (bytes.length > longestSecretBytes)
    throw new UserError(`what ${flag} names is longer than ${longestSecretBytes} bytes`, { hint });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError(`what ${flag} names is not UTF-8`, { hint });
  }
}
