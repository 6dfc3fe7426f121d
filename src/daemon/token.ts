/** The token of one start: whoever has it can read the directory, and so is the user or root. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { replacePrivateFile } from "../private/file.ts";

export const tokenName = "daemon.token";

/** Writes a new one, 0600. @throws what the file system says */
export function writeToken(directory: string): string {
  const token = randomBytes(32).toString("base64url");
  replacePrivateFile(directory, tokenName, `${token}\n`);
  return token;
}

/** Of an `Authorization` header. Hashes are compared, in a time that tells nothing of the token, its length included. */
export function isAuthorised(header: string | undefined, token: string): boolean {
  const given = /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(header ?? "")?.[1];
  return given !== undefined && timingSafeEqual(hashOf(given), hashOf(token));
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
