/**
 * The corpus of ways out, each tried with the guard and without it. Without it every one has to get through: a technique
 * that reaches nothing shows nothing. blocked.json is the set that has to be blocked on each line of Node: it may grow.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, removeWhatWasBuilt, runCorpus } from "./corpus.ts";
import { nodeOf, versions } from "./nodes.ts";
import { listeners } from "./probes/listeners.mjs";
import { probes } from "./probes/table.mjs";

const table = JSON.parse(readFileSync(new URL("blocked.json", import.meta.url), "utf8")) as Record<string, string[]>;
const names = Object.keys(probes);
const own = process.versions.node;
const others = versions.filter((version) => version !== own);

/** Not of loopback, which the fixture lets through. What is sent there does not leave this machine either. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === "IPv4" && !each.internal)?.address;

/** What tests may do under the fixture: listen, reach loopback and the sockets among temporary files, look localhost up. */
const staysHere = [
  ...Object.keys(listeners),
  ...["http to a proxy on loopback", "http over a Unix socket to a relay", "net.connect to a Unix socket"],
  ...["net.connect by a name", "dns.lookup", "dns.promises.lookup", "dns.lookupService", "the resolver's binding"],
  // It gets at a module that reaches nothing by itself.
  "a hook that answers before the guard's",
];

afterAll(removeWhatWasBuilt);

describe.each([own, ...others])("on Node %s,", (version) => {
  const node = nodeOf(version);
  const blocked = table[version.split(".")[0] ?? ""];
  const missing = node === null ? "which node test/egress/nodes.ts installs, " : "";

  describe.skipIf(node === null)(`${missing}the guard`, () => {
    let open: Map<string, Outcome>;
    let guarded: Map<string, Outcome>;

    beforeAll(async () => {
      if (node === null) return;
      open = await runCorpus(node, names, "none");
      guarded = await runCorpus(node, names, "guard");
    }, 300_000);

    it("is on the Node that it says", () => {
      expect(execFileSync(node ?? "", ["--version"], { encoding: "utf8" })).toBe(`v${version}\n`);
    });

    it.for(names)("blocks: %s", (name, { skip }) => {
      const [without, withGuard] = [open.get(name), guarded.get(name)];
      skip(typeof without?.skip === "string", without?.skip ?? "");
      expect(without).toMatchObject({ reached: true });
      expect(withGuard).toMatchObject({ reached: false, stray: null });
    });

    it("blocks what it blocked when blocked.json was written, and nothing is missing there", ({ skip }) => {
      if (blocked === undefined) return skip("blocked.json has no such line of Node");
      const isBlocked = (name: string) => guarded.get(name)?.reached === false;
      expect(blocked.filter((name) => !isBlocked(name))).toEqual([]);
      const canBeTried = (name: string) => open.get(name)?.skip === null;
      expect(names.filter((name) => canBeTried(name) && !blocked.includes(name))).toEqual([]);
    });
  });

  describe.skipIf(node === null || ownAddress === undefined)(
    `${missing}${ownAddress === undefined ? "which has no address but loopback here, " : ""}the fixture`,
    () => {
      it("lets through what stays on this machine, and nothing else", async () => {
        const held = await runCorpus(node ?? "", names, "fixture", ownAddress);
        const reached = names.filter((name) => held.get(name)?.reached === true);
        expect(reached.toSorted()).toEqual(staysHere.filter((name) => held.get(name)?.skip === null).toSorted());
        expect(names.filter((name) => typeof held.get(name)?.stray === "string")).toEqual([]);
      }, 300_000);
    },
  );
});

describe("blocked.json", () => {
  it("has the techniques of the corpus, at least 41 on each line of Node, and no other", () => {
    for (const [line, blocked] of Object.entries(table)) {
      expect(versions.map((version) => version.split(".")[0])).toContain(line);
      expect(blocked.length).toBeGreaterThan(41);
      expect(blocked.filter((name) => !names.includes(name))).toEqual([]);
      expect(new Set(blocked).size).toBe(blocked.length);
    }
  });
});
