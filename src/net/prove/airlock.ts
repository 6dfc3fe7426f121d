/** Tier airlock: the command runs where nothing exists but the endpoints that its flags name. */
import { join } from "node:path";
import type { AuthorityUse } from "../gate.ts";
import { findAirlock, readEnd } from "./airlocks.ts";
import { type Allowed, type Destination, destination, flagsFor } from "./destination.ts";
import { readRecord } from "./read-record.ts";
import { openRelays } from "./relays.ts";
import { straceCommand } from "./strace.ts";
import type { PrepareTier } from "./tier.ts";

export const prepareAirlock: PrepareTier = async ({ command, allowed, gate, folder, whyNoStrace }) => {
  const named = await allowed();
  const relays = await openRelays(gate, named, folder);
  const plan = { folder, allowed: named, endpoints: relays.endpoints };
  const found = findAirlock(plan);
  if ("reason" in found) {
    relays.close();
    return found;
  }
  const record = join(folder, "record");
  const isWatched = whyNoStrace === null;
  return {
    command: found.airlock(plan, isWatched ? straceCommand(record, command, "quick") : command),
    isWatched,
    blindSpots: [
      "what went over the connections that a flag allows",
      ...(isWatched
        ? []
        : ["what it tried in vain", "Unix sockets outside /run, and the sockets of virtual machines (vsock)"]),
    ],
    async finish() {
      const { end, whyNot } = readEnd(folder);
      // Every name stands in the hosts file there: a look-up was somebody else's.
      const known = named.map((each) => ({ ...each, isLookedUp: false }));
      const observed = isWatched && end !== null ? await readRecord(record, known, noResolver) : null;
      return {
        end,
        destinations: [
          ...gate
            .uses()
            .filter(({ connections }) => connections > 0)
            .map((use) => carried(use, named)),
          // Their connections ended at a relay; what the relays carried is counted above.
          ...(observed?.destinations ?? []).filter(({ host }) => host === null),
        ],
        doubts: [...(whyNot === null ? [] : [whyNot]), ...(observed?.doubts ?? [])],
      };
    },
    close: () => relays.close(),
  };
};

const noResolver = { servers: [], searchDomains: [] };

function carried({ authority, connections, bytesOut, bytesIn }: AuthorityUse, named: readonly Allowed[]): Destination {
  const { host, port, flag } = authority;
  const addresses = named.find((each) => each.authority === authority)?.addresses ?? [];
  const [first = ""] = addresses;
  const ip = addresses.length === 1 ? first : null;
  const group = flagsFor(named, first, port)?.group ?? flag;
  return destination(group, "connected", { protocol: "tcp", host, ip, port, times: connections, bytesOut, bytesIn });
}
