/** The files that flags name: headers, a body, certificates, a key. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { exitCode, messageOf, UserError } from "../errors.ts";
import * as flag from "./flag-values.ts";

export async function headersFromFile(flagName: string, path: string | undefined): Promise<[string, string][]> {
  if (path === undefined) return [];
  const lines = (await readText(flagName, path)).split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.map(flag.header(flagName));
}

export async function readJsonObject(flagName: string, path: string): Promise<Record<string, unknown>> {
  const text = await readText(flagName, path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${flagName} ${path} is not JSON: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${flagName} ${path} is not a JSON object`);
  return value as Record<string, unknown>;
}

/** Node takes a file that holds no certificate without a word, and then trusts nothing more than before. */
export async function readCertificates(path: string): Promise<string> {
  const text = await readText("--ca-file", path);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  const unusable = blocks.findIndex((block) => !isCertificate(block));
  if (blocks.length > 0 && unusable < 0) return text;
  const what =
    blocks.length === 0 ? "holds no certificate" : `holds a damaged certificate (the ${unusable + 1}. in it)`;
  throw new UserError(`--ca-file ${path} ${what}`, {
    exitCode: exitCode.cannotRun,
    hint: "it must be in PEM form, with a line -----BEGIN CERTIFICATE-----",
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

export async function readText(flagName: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(`${flagName} ${path} cannot be read: ${messageOf(error)}`, { exitCode: exitCode.cannotRun });
  }
}
