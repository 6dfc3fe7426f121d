import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  lutimesSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ownHolder } from "../private/holder.ts";
import { lastClaim, takeLock } from "./lock.ts";

const nobody = () => Promise.resolve(false);
const somebody = () => Promise.resolve(true);

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-lock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const claims = (directory: string) => readdirSync(directory).toSorted();

/** The name of a process that is gone, but whose pid is that of this very one. */
function holderOfReusedPid(): string {
  const [boot, namespace, pid, start] = ownHolder().split(" ");
  return [boot, namespace, pid, Number(start) - 1].join(" ");
}

/** Field 22 of /proc/<pid>/stat. */
function startOf(pid: number | undefined): string {
  return (
    readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")[19] ?? ""
  );
}

const longAgo = new Date(0);
const holderElsewhere = "another-boot pid:[1] 4711 99";

describe("the lock", () => {
  it("is one daemon's at a time, and free once it is released", async () => {
    const directory = temporary();
    const first = await takeLock(directory, nobody);
    expect(first).toMatchObject({ lock: { tookOverFrom: null } });
    expect(await takeLock(directory, nobody)).toMatchObject({ held: { pid: process.pid, state: "alive" } });
    if ("lock" in first) first.lock.release();
    expect(claims(directory)).toEqual([]);
    expect(await takeLock(directory, nobody)).toMatchObject({ lock: { tookOverFrom: null } });
  });

  it("is taken over from a daemon that was killed, and says from which", async () => {
    const directory = temporary();
    const killed = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(killed, "spawn");
    const holder = ownHolder().replace(` ${process.pid} `, ` ${killed.pid} `);
    symlinkSync(holder.replace(/ \d+$/, ` ${startOf(killed.pid)}`), join(directory, "daemon.lock.1"));
    expect(await takeLock(directory, nobody)).toMatchObject({ held: { pid: killed.pid, number: 1 } });
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(lastClaim(directory)).toMatchObject({ pid: killed.pid, state: "dead" });
    expect(await takeLock(directory, nobody)).toMatchObject({ lock: { tookOverFrom: killed.pid } });
    expect(claims(directory)).toEqual(["daemon.lock.2"]);
  });

  it("is not held by a process that only has the pid of one that is gone", async () => {
    const directory = temporary();
    symlinkSync(holderOfReusedPid(), join(directory, "daemon.lock.7"));
    expect(await takeLock(directory, nobody)).toMatchObject({ lock: { tookOverFrom: process.pid } });
  });

  it("of another container counts while somebody listens, or may be about to", async () => {
    const directory = temporary();
    const path = join(directory, "daemon.lock.1");
    symlinkSync(holderElsewhere, path);
    expect(await takeLock(directory, nobody)).toMatchObject({ held: { pid: 4711, state: "unknown" } });
    lutimesSync(path, longAgo, longAgo);
    expect(await takeLock(directory, somebody)).toMatchObject({ held: { pid: 4711, state: "unknown" } });
    expect(await takeLock(directory, nobody)).toMatchObject({ lock: { tookOverFrom: 4711 } });
  });

  it("is passed over when something that is no claim is in its place", async () => {
    const directory = temporary();
    writeFileSync(join(directory, "daemon.lock.3"), "");
    expect(await takeLock(directory, nobody)).toMatchObject({ lock: {} });
    expect(claims(directory)).toEqual(["daemon.lock.4"]);
  });

  it("is never two's, however many try at once after one was killed", async () => {
    const directory = temporary();
    symlinkSync(holderOfReusedPid(), join(directory, "daemon.lock.1"));
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeLock(directory, nobody)));
    expect(taken.filter((each) => "lock" in each)).toHaveLength(1);
  });

  it("is withdrawn by whoever finds another claim beside its own", async () => {
    const directory = temporary();
    let looks = 0;
    // While it asks whether the unknown holder listens, another daemon comes, from an older look.
    symlinkSync(holderElsewhere, join(directory, "daemon.lock.1"));
    lutimesSync(join(directory, "daemon.lock.1"), longAgo, longAgo);
    const result = await takeLock(directory, () => {
      if (looks++ === 0) symlinkSync(ownHolder(), join(directory, "daemon.lock.9"));
      return Promise.resolve(false);
    });
    expect(result).toMatchObject({ held: { number: 9 } });
    expect(claims(directory)).toEqual(["daemon.lock.1", "daemon.lock.9"]);
    expect(readlinkSync(join(directory, "daemon.lock.9"))).toBe(ownHolder());
  });
});
