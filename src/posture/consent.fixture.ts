/** For tests: a temporary HOME with consent in it, made by the code that makes it for a user. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newGrant, encodeGrant, type Grant } from "./consent-grant.ts";
import { withLedger } from "./ledger.ts";
import { payloadSchemaHash } from "./payload-schema.ts";
import { makePrivateDirectory, replacePrivateFile } from "../private/file.ts";
import { findPrivateFolder, type PrivateFolder } from "./private-folder.ts";

export interface TestHome {
  path: string;
  folder: PrivateFolder;
  token: string;
  remove(): void;
}

export function makeHome(): TestHome {
  return homeAt(realpathSync(mkdtempSync(join(tmpdir(), "inferguard-home-"))));
}

export function homeAt(path: string): TestHome {
  const folder = findPrivateFolder({ HOME: path }) as PrivateFolder;
  return {
    path,
    folder,
    token: join(folder.path, "secrets/consent.token"),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface GrantOptions {
  at?: Date;
  schemaHash?: string;
  operatorToken?: string;
}

/** @returns also the ledger's seed, when this started it */
export async function grantConsent(
  { folder }: TestHome,
  { at = new Date(), schemaHash = payloadSchemaHash, operatorToken }: GrantOptions = {},
): Promise<{ grant: Grant; seed: string | null }> {
  const grant = newGrant(schemaHash, at);
  return withLedger(
    folder,
    ({ append, seed }) => {
      const { payload_schema_sha256, expires_at, scopes } = grant;
      append({ kind: "consent-granted", payload_schema_sha256, expires_at, scopes });
      makePrivateDirectory(join(folder.path, "secrets"));
      replacePrivateFile(join(folder.path, "secrets"), "consent.token", encodeGrant(grant, operatorToken ?? null));
      return { grant, seed };
    },
    { now: at },
  );
}
