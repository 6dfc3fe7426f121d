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
  options: {
    timeoutMs: number;
    guardsKey: boolean;
    guardsProxyKey?: boolean;
    signal: AbortSignal;
    notice(this: void, text: string): void;
  },
): Promise<void> {
  const { proxy } = gate;
  const resolved = await gate.resolve(authority);
  if ("failure" in resolved) throw cannotConnect(authority, proxy, resolved.failure);
  const staysHere = resolved.addresses.every(isLoopback);
  if (options.guardsProxyKey && !staysHere) throw inTheClear("the proxy's headers", proxy ?? authority, "proxy");
  // Where a proxy takes it from this machine nobody here knows.
  if (options.guardsKey && tls === null && !(staysHere && proxy === null))
    throw inTheClear("the key", authority, "endpoint");
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
  if (answered === 0 && failure !== null) throw cannotConnect(authority, proxy, failure);
  if (addresses.length > 1)
    options.notice(
      `${(proxy ?? authority).host} has ${addresses.length} addresses; ${answered} of them answer and take turns`,
    );
}

function inTheClear(what: string, to: Authority, kind: string): UserError {
  return new UserError(`${what} would travel to ${placeOf(to)} in the clear`, {
    exitCode: exitCode.refused,
    hint: `use an https ${kind}, or allow it with --allow-plaintext-key`,
  });
}

function cannotConnect(authority: Authority, proxy: Authority | null, failure: NetFailure): UserError {
  const through = proxy === null ? "" : ` through ${proxy.flag} ${placeOf(proxy)}`;
  return new UserError(`cannot connect to ${authority.flag} ${placeOf(authority)}${through}: ${failure.message}`, {
    exitCode: failure.kind === "posture_denied" ? exitCode.refused : exitCode.cannotRun,
    hint: hintOf(authority, proxy, failure),
  });
}

function placeOf({ host, port }: Authority): string {
  return `${host}:${port}`;
}

function hintOf(authority: Authority, proxy: Authority | null, failure: NetFailure): string {
  const { flag } = authority;
  if (failure.kind === "dns")
    return `check the name, or name the address yourself: --resolve ${placeOf(proxy ?? authority)}:ADDRESS`;
  if (failure.kind === "tls" && failure.message.includes("does not speak TLS"))
    return `use http:// in ${proxy === null ? flag : `${flag} or ${proxy.flag}`}`;
  if (failure.kind === "tls")
    return "trust the authority that signed it with --ca-file FILE.pem, or skip the check with --insecure";
  if (failure.kind === "client_limit") return "free some of it, or raise the limit";
  if (/the proxy answered 407/.test(failure.message))
    return "give it your credentials: a line Proxy-Authorization: Basic ... in the file of --proxy-header-file";
  const url = `http://${placeOf(authority)}${flag === "--endpoint" ? "/v1/models" : "/metrics"}`;
  if (proxy === null) return `is the server running, and is this its port? Try: curl -v ${url}`;
  return `is the proxy running, and may it connect there? Try: curl -v --proxytunnel --proxy ${placeOf(proxy)} ${url}`;
}
