import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { canBeOrdinaryUser, runAsOrdinaryUser } from "./ordinary-user.fixture.ts";
import { readBenchRun } from "./run-reader.ts";
import { createRun } from "./run-writer.ts";
import {
  sampleClient,
  sampleEgress,
  sampleGaps,
  sampleRequest,
  sampleStart,
  sampleTimeline,
} from "./sample-run.fixture.ts";
import { runSchema } from "./schemas/run.ts";

const appendRows = join(import.meta.dirname, "append-rows.fixture.ts");
const unexpected = (text: string) => {
  throw new Error(`unexpected warning: ${text}`);
};
const completed = { status: "completed" as const, status_reason: null, missing: [] };
let runsDir: string;

beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "inferguard-runs-"));
});
afterEach(() => rm(runsDir, { recursive: true, force: true }));

async function modesBelow(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory, { recursive: true });
  const modes = await Promise.all(
    names.map(async (name) => [name, ((await stat(join(directory, name))).mode & 0o777).toString(8)] as const),
  );
  return Object.fromEntries(modes);
}

describe("a new run", () => {
  it("says on disk that it is running, before anything was measured", async () => {
    const writer = await createRun(runsDir, sampleStart, unexpected);
    const run = runSchema.parse(JSON.parse(await readFile(join(writer.directory, artifact.run), "utf8")));
    expect(run).toMatchObject({ run_id: writer.runId, status: "running", ended_at: null, plan: sampleStart.plan });
    expect(run.process.pid).toBe(process.pid);
    expect((await readFile(join(writer.directory, artifact.noiseSeed))).length).toBe(32);
    await writer.finish(completed);
  });

  it.each([0o000, 0o022, 0o777])("is for its owner only, under a umask of %o", async (mask) => {
    const before = process.umask(mask);
    try {
      const writer = await createRun(join(runsDir, "mine"), sampleStart, unexpected);
      await writer.writeScrape(0, "first", Buffer.from("up 1\n"));
      await writer.writeEgress(sampleEgress);
      await writer.writeSummary("{}\n");
      await writer.finish(completed);
      const { mine, ...modes } = await modesBelow(runsDir);
      expect(mine).toBe("700");
      const byMode = Object.groupBy(Object.keys(modes), (name) => modes[name] ?? "");
      expect(byMode["700"]).toHaveLength(2);
      expect(Object.keys(byMode).sort()).toEqual(["600", "700"]);
    } finally {
      process.umask(before);
    }
  });

  it("leaves the mode of a runs directory that was there alone", async () => {
    await chmod(runsDir, 0o750);
    await (await createRun(runsDir, sampleStart, unexpected)).finish(completed);
    expect((await stat(runsDir)).mode & 0o777).toBe(0o750);
  });

  it("cannot be written where a file is in the way: exit code 3, with the path and what to try", async () => {
    const file = join(runsDir, "file");
    await writeFile(file, "");
    const error = await createRun(join(file, "runs"), sampleStart, unexpected).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      exitCode: exitCode.cannotRun,
      message: `cannot write a run into ${join(file, "runs")}: a part of the path is not a directory (ENOTDIR)`,
      hint: expect.stringContaining("--runs-dir") as unknown,
    });
  });

  it("cannot be written into a directory of someone else", async ({ skip }) => {
    skip(!canBeOrdinaryUser, "root may write everywhere, and there is no setpriv to become another user");
    const locked = join(runsDir, "locked");
    await chmod(runsDir, 0o755);
    await mkdir(locked, { mode: 0o555 });
    const { status, stderr } = runAsOrdinaryUser(process.execPath, appendRows, locked, "1");
    expect(stderr).toContain(`UserError: cannot write a run into ${locked}: permission denied (EACCES)`);
    expect(status).toBe(exitCode.cannotRun);
    expect(await readdir(locked)).toEqual([]);
  });
});

describe("a run that ends", () => {
  it("holds everything that was given to it", async () => {
    const writer = await createRun(runsDir, sampleStart, unexpected);
    const requests = Array.from({ length: 1000 }, (_, id) => sampleRequest(id));
    for (const row of requests) writer.append("requests", row);
    writer.append("gaps", sampleGaps);
    writer.append("client", sampleClient);
    writer.append("timeline", sampleTimeline);
    await writer.writeScrape(1, "last", Buffer.from("up 1\n"));
    await writer.writeEgress(sampleEgress);
    await writer.finish({ status: "failed", status_reason: "all failed", missing: [{ what: "a", why: "b" }] });

    expect(await readBenchRun(writer.directory)).toMatchObject({
      run: { status: "failed", status_reason: "all failed" },
      requests,
      gaps: [sampleGaps],
      client: [sampleClient],
      timeline: [sampleTimeline],
      egress: sampleEgress,
      missing: [{ what: "a", why: "b" }],
    });
    expect(await readFile(join(writer.directory, "scrapes/1-last.txt"), "utf8")).toBe("up 1\n");
    expect(await readdir(writer.directory)).not.toContain(artifact.reserve);
  });

  it("keeps text only where that was asked for", async () => {
    const text = { id: 0, prompt: { kind: "text", text: "a" }, output: "b" } as const;
    const without = await createRun(runsDir, sampleStart, unexpected);
    expect(() => without.append("text", text)).toThrow(TypeError);
    expect((await without.finish(completed)).artifacts).not.toHaveProperty([artifact.text]);
    expect(await readdir(without.directory)).not.toContain(artifact.text);

    const writer = await createRun(runsDir, { ...sampleStart, saved_text: true }, unexpected);
    writer.append("text", text);
    const run = await writer.finish(completed);
    expect(run).toMatchObject({ saved_text: true, artifacts: { [artifact.text]: "inferguard-text/v1" } });
    expect(JSON.parse(await readFile(join(writer.directory, artifact.text), "utf8"))).toEqual(text);
  });

  it("ends once, however often it is told to", async () => {
    const writer = await createRun(runsDir, sampleStart, unexpected);
    const [first, second] = await Promise.all([
      writer.finish({ status: "interrupted", status_reason: "Ctrl-C", missing: [] }),
      writer.finish(completed),
    ]);
    expect(second).toBe(first);
    expect((await readBenchRun(writer.directory)).run.status).toBe("interrupted");
  });

  it("owes the disk nothing any more, and takes no more rows", async () => {
    const writer = await createRun(runsDir, sampleStart, unexpected);
    writer.append("requests", sampleRequest(0));
    expect(writer.backlogCharacters).toBeGreaterThan(0);
    await writer.finish(completed);
    expect(writer.backlogCharacters).toBe(0);
    expect(() => writer.append("requests", sampleRequest(1))).toThrow(TypeError);
  });
});

describe("a run whose process is killed with SIGKILL", () => {
  it("keeps every row that was appended more than a moment before", async () => {
    const child = spawn(process.execPath, [appendRows, runsDir, "500", "hang"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString();
      if (said.includes("appended 500")) break;
    }
    // The promise is 200 ms; the machine may be busy.
    const [directory = ""] = said.split("\n");
    await expect.poll(async () => (await readBenchRun(directory)).requests.length, { timeout: 5000 }).toBe(500);
    expect((await readBenchRun(directory)).run.status).toBe("running");

    child.kill("SIGKILL");
    await once(child, "exit");
    const data = await readBenchRun(directory);
    expect(data.run.status).toBe("interrupted");
    expect(data.requests).toHaveLength(500);
    expect(data.missing).toEqual([{ what: "egress.json", why: "the run ended before it was written" }]);
  });

  it("can be read whatever the moment", async () => {
    const child = spawn(process.execPath, [appendRows, runsDir, "100000"], { stdio: ["ignore", "pipe", "inherit"] });
    let appended = 0;
    let directory = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      const lines = chunk.toString().split("\n");
      directory ||= lines[0] ?? "";
      appended = Number(/appended (\d+)\n?$/.exec(chunk.toString())?.[1] ?? 0);
      if (appended > 1000) break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    const { requests } = await readBenchRun(directory);
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.map(({ id }) => id)).toEqual(requests.map((_, index) => index));
  });
});

describe("a disk that refuses a file", () => {
  it("stops that file at a whole line; the run goes on, warns once and says what is missing", async () => {
    // The shell's limit of a file's size (in blocks of 512 or 1,024 bytes) refuses in the middle of a line, as a full disk does.
    const limit = "trap '' XFSZ; ulimit -f 600; exec \"$@\"";
    const args = ["-c", limit, "sh", process.execPath, appendRows, runsDir, "3000"];
    const { stdout, stderr, status } = spawnSync("sh", args, { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("finished, 1 missing");
    expect(stderr.match(/warning: /g)).toHaveLength(1);
    expect(stderr).toContain("the file may not grow any further (EFBIG)");

    const { run, requests, egress, missing } = await readBenchRun(stdout.split("\n")[0] ?? "");
    expect(run.status).toBe("completed");
    expect(egress).toEqual(sampleEgress);
    expect(requests.length).toBeGreaterThan(400);
    expect(requests.length).toBeLessThan(3000);
    expect(missing).toEqual([
      {
        what: "requests.jsonl",
        why: expect.stringMatching(
          new RegExp(`^from 20.*Z on, ${3000 - requests.length} rows were not written: .*EFBIG`),
        ) as unknown,
      },
    ]);
  });

  it("still has room to say how the run ended, when it is full", ({ skip }) => {
    // A file system of 1 MiB, in a name space of its own so that it goes with the process.
    const mount = `mount -t tmpfs -o size=1m none ${runsDir}`;
    const canMount = spawnSync("unshare", ["-Urm", "sh", "-c", mount]).status === 0;
    skip(!canMount, "this system does not let the test mount a small file system");
    const script = `${mount} && "$@" && exec "$0" -e '
      const { readdirSync, readFileSync } = process.getBuiltinModule("fs");
      const run = "${runsDir}/" + readdirSync("${runsDir}")[0];
      const rows = readFileSync(run + "/requests.jsonl", "utf8").trimEnd().split("\\n").map((line) => JSON.parse(line).id);
      process.stdout.write(JSON.stringify({ ...JSON.parse(readFileSync(run + "/run.json")), rows: rows.length, files: readdirSync(run) }));
    '`;
    const args = ["-Urm", "sh", "-ec", script, process.execPath, process.execPath, appendRows, runsDir, "3000"];
    const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
    expect(stderr.match(/warning: .*the disk is full \(ENOSPC\)/g)).toHaveLength(1);
    const run = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
      status: string;
      rows: number;
      files: string[];
      missing: unknown;
    };
    expect(run.status).toBe("completed");
    expect(run.rows).toBeGreaterThan(500);
    expect(run.rows).toBeLessThan(3000);
    expect(run.files).toContain("egress.json");
    expect(run.files).toContain("summary.json");
    expect(run.missing).toEqual([
      { what: "requests.jsonl", why: expect.stringMatching(`${3000 - run.rows} rows were not written`) as unknown },
    ]);
  });
});
