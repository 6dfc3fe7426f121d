/** Names: a look-up tells a name server what is being looked for. The system's resolver is asked for localhost only. */
import { skip, within } from "./trying.mjs";

const dns = async () => (await import("node:dns")).default;
const NAME = "name.invalid";
const QUESTION_MS = 300;

export const names = {
  "dns.lookup": async () =>
    new Promise((resolve, reject) => {
      void dns().then(({ lookup }) => lookup("localhost", (error) => (error ? reject(error) : resolve(true))));
    }),
  "dns.promises.lookup": async () => (await (await dns()).promises.lookup("localhost")).address !== "",
  "dns.lookupService": async () => {
    const { hostname } = await (await dns()).promises.lookupService("127.0.0.1", 9);
    return hostname !== "";
  },
  "dns.resolve": async (to) => {
    const module = await asking(to);
    return answered((callback) => module.resolve4(NAME, callback));
  },
  "dns.reverse": async (to) => {
    const module = await asking(to);
    return answered((callback) => module.reverse("192.0.2.1", callback));
  },
  "dns.Resolver": async (to) => {
    const resolver = new (await dns()).Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([`${to.host}:${to.udpPort}`]);
    return answered((callback) => resolver.resolveTxt(NAME, callback));
  },
  "dns.promises.Resolver": async (to) => {
    const resolver = new (await import("node:dns/promises")).Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([`${to.host}:${to.udpPort}`]);
    return within(resolver.resolveAny(NAME), QUESTION_MS);
  },
  "the resolver's binding": async () => {
    const { getaddrinfo, GetAddrInfoReqWrap } = process.binding("cares_wrap");
    const request = new GetAddrInfoReqWrap();
    const answer = new Promise((resolve) => {
      request.oncomplete = (error) => resolve(error === null || error === 0);
    });
    return getaddrinfo(request, "localhost", 0, 0, 0) === 0 && answer;
  },
  "names in a diagnostic report": () => {
    if (process.report === undefined) skip("this Node makes no reports");
    process.report.excludeNetwork = false;
    const { header } = process.report.getReport();
    return header.networkInterfaces !== undefined;
  },
};

/** node:dns, whose functions ask the canary from here on: they are other functions than before. */
async function asking(to) {
  const module = await dns();
  module.setServers([`${to.host}:${to.udpPort}`]);
  return module;
}

/** The canary answers no question, and the question is what counts. */
function answered(ask) {
  return within(
    new Promise((resolve, reject) => ask((error) => (error?.code === "EACCES" ? reject(error) : resolve()))),
    QUESTION_MS,
  );
}
