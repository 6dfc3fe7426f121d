/**
 * What is checked before the first request, without reaching the inference path: the name resolves, every address takes a
 * connection, TLS agrees, and a key does not travel in the clear. What fails here leaves no run.
 */
import { exitCode, UserError } from "../../errors.ts";
import type { Authority } from "../../net/authority.ts";
import type { Gate } from "../../net/gate.ts";
import type { NetFailure, TlsSettings } from "../../net/http-client.ts";
import { isLoopback } from "../../net/loopback.ts";

/** @throws UserError: exit code 3 when there is no connection, 4 when a key would travel in the clear. */
export async function checkConnection(
  gate: Gate,
  authority: Authority,
  tls: TlsSettings | null,
  options: { timeoutMs: number; guardsKey: boolean; signal: AbortSignal; notice(this: void, text: string): void },
): Promise<void> {
  const where = `${authority.host}:${authority.port}`;
  const resolved = await gate.resolve(authority);
  if ("failure" in resolved) throw cannotConnect(authority, resolved.failure);
  if (options.guardsKey && tls === null && !resolved.addresses.every(isLoopback))
    throw new UserError(`the key would travel to ${where} in the clear`, {
      exitCode: exitCode.refused,
      hint: "use an https endpoint, or allow it with --allow-plaintext-key",
    });
  const { timeoutMs, signal } = options;
  const addresses = [...resolved.addresses];
  const attempts = await Promise.all(
    addresses.map(async (address) => ({
      address,
      attempt: await gate.connect(authority, tls, { timeoutMs, signal, address }),
    })),
  );
  let failure: NetFailure | null = null;
  for (const { address, attempt } of attempts) {
    if ("connection" in attempt) attempt.connection.destroy();
    else {
      failure = attempt.failure;
      gate.drop(authority, address);
    }
  }
  const answered = attempts.filter(({ attempt }) => "connection" in attempt).length;
  if (answered === 0 && failure !== null) throw cannotConnect(authority, failure);
  if (addresses.length > 1)
    options.notice(`${authority.host} has ${addresses.length} addresses; ${answered} of them answer and take turns`);
}

function cannotConnect(authority: Authority, failure: NetFailure): UserError {
  const where = `${authority.host}:${authority.port}`;
  return new UserError(`cannot connect to ${authority.flag} ${where}: ${failure.message}`, {
    exitCode: failure.kind === "posture_denied" ? exitCode.refused : exitCode.cannotRun,
    hint: hintOf(authority, failure),
  });
}

function hintOf(authority: Authority, failure: NetFailure): string {
  const { flag, host, port } = authority;
  if (failure.kind === "dns") return `check the name, or name the address yourself: --resolve ${host}:${port}:ADDRESS`;
  if (failure.kind === "tls" && failure.message.includes("does not speak TLS")) return `use http:// in ${flag}`;
  if (failure.kind === "tls")
    return "trust the authority that signed it with --ca-file FILE.pem, or skip the check with --insecure";
  if (failure.kind === "client_limit") return "free some of it, or raise the limit";
  return `is the server running, and is this its port? Try: curl -v ${flag === "--endpoint" ? `http://${host}:${port}/v1/models` : `http://${host}:${port}/metrics`}`;
}
