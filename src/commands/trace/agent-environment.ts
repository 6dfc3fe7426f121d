/**
 * What the agent finds in its environment: what ours has, the proxy as the API's base in the variables that clients read, and
 * the general wish not to be tracked where the person has not said otherwise. Pure.
 */
import { optOuts } from "../../net/opt-outs.ts";

/** They expect what the API's own paths follow, as `/v1` in `https://api.openai.com/v1`. */
const apiBaseVariables = ["OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_BASE_URL"];
/** They put `/v1` there themselves. */
const rootVariables = [
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_API_BASE",
  "ANTHROPIC_API_URL",
  "ANTHROPIC_HOST",
  "OPENAI_HOST",
];

export function agentEnvironment(
  own: Readonly<Record<string, string>>,
  proxy: { url: string; apiBase: string },
): Record<string, string> {
  return {
    ...optOuts,
    ...own,
    ...Object.fromEntries(apiBaseVariables.map((name) => [name, proxy.apiBase])),
    ...Object.fromEntries(rootVariables.map((name) => [name, proxy.url])),
    ...exceptFromProxies(own, new URL(proxy.url).hostname),
  };
}

/** Clients that obey a proxy variable would ask that proxy for this machine's loopback. */
function exceptFromProxies(own: Readonly<Record<string, string>>, host: string): Record<string, string> {
  if (!Object.keys(own).some((name) => /^(https?|all)_proxy$/i.test(name))) return {};
  const add = (list: string | undefined) => (list === undefined || list === "" ? host : `${list},${host}`);
  return { NO_PROXY: add(own["NO_PROXY"] ?? own["no_proxy"]), no_proxy: add(own["no_proxy"] ?? own["NO_PROXY"]) };
}
