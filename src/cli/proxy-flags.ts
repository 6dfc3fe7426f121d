/** `--proxy` and its companion: through which proxy a command's connections go, and what that one is told. */
import type { ProxyOptions } from "../commands/bench/options.ts";
import { parseHttpUrl } from "../endpoint/address.ts";
import { UserError } from "../errors.ts";
import { type Authority, mintAuthority } from "../net/authority.ts";
import { headersFromFile } from "./flag-files.ts";

export interface ProxyFlags {
  proxy?: string;
  proxyHeaderFile?: string;
  allowPlaintextKey?: boolean;
}

/** @param ca further certificate authorities to trust. @throws UserError (usage). */
export async function proxyOptions(flags: ProxyFlags, ca: string | null): Promise<ProxyOptions | null> {
  if (flags.proxy === undefined) return null;
  const url = parseProxy(flags.proxy);
  const authority = authorityOf(url);
  const headers = await headersFromFile("--proxy-header-file", flags.proxyHeaderFile);
  return {
    origin: url.origin,
    authority,
    // --insecure is about the endpoint's certificate: whoever plays the proxy would get its credentials.
    proxyTls: url.protocol === "https:" ? { serverName: authority.host, ca, insecure: false } : null,
    headers,
    guardsKey: headers.length > 0 && url.protocol === "http:" && flags.allowPlaintextKey !== true,
  };
}

export function proxyAuthority(text: string): Authority {
  return authorityOf(parseProxy(text));
}

function authorityOf(url: URL): Authority {
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return mintAuthority("proxy", url.hostname, port, "--proxy");
}

function parseProxy(text: string): URL {
  if (/^[a-z]+:\/\/[^/]*@/i.test(text))
    throw new UserError("--proxy holds a user name or a password", {
      hint: "put a line Proxy-Authorization: Basic ... into a file, and name it with --proxy-header-file",
    });
  const url = parseHttpUrl(text, "--proxy");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new UserError(`--proxy ${JSON.stringify(text)} names more than a proxy`, {
      hint: `scheme, host and port are enough: --proxy ${url.origin}`,
    });
  return url;
}
