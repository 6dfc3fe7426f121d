/** What the command line does on the network, as the kernel sees it: strace's record of every system call for it. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, repositoryRoot, runProgram, withTempHome } from "./e2e/cli.ts";
import { destinationsOutside } from "./strace-record.ts";

const whyNot = whyStraceCannotRun();

describe.skipIf(whyNot !== null)(`with strace${whyNot === null ? "" : ` (skipped: ${whyNot})`}`, () => {
  it.each([["--version"], ["--help"]])("npx inferguard %s reaches nothing outside this machine", async (flag) => {
    const { code, record } = await trace("npx", ["inferguard", flag]);
    expect(code).toBe(0);
    expect(destinationsOutside(record)).toEqual([]);
  });

  it("inferguard bench of the simulated engine reaches nothing outside this machine", async () => {
    const { code, record } = await trace(process.execPath, [bin, "bench", "--requests", "4", "--concurrency", "1"]);
    // strace slows the client down, and it may say so with exit code 1.
    expect([0, 1]).toContain(code);
    expect(record).toMatch(/connect\(.*127\.0\.0\.1/);
    expect(destinationsOutside(record)).toEqual([]);
  });

  it("sees a connection", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { record } = await trace(process.execPath, [
      "-e",
      `require("node:net").connect(${port}, "127.0.0.1").resume()`,
    ]);
    server.close();
    expect(record).toMatch(new RegExp(`connect\\(.*htons\\(${port}\\).*127\\.0\\.0\\.1`));
  });
});

describe("the record's reader", () => {
  it.each([
    [`7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EINPROGRESS`],
    [
      `7 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28 <unfinished ...>`,
    ],
    [`[pid 7] sendto(3, "a", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, 16) = 1`],
    [
      `7 sendmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, msg_namelen=16}, 0) = 1`,
    ],
    [`7 bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, 16) = 0`],
    [`7 connect(3, {sa_family=AF_VSOCK, svm_cid=2, svm_port=1024}, 16) = 0`],
  ])("finds %s", (line) => {
    expect(destinationsOutside(line)).toHaveLength(1);
  });

  it.each([
    [`7 connect(3, {sa_family=AF_INET, sin_port=htons(8000), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`],
    [`7 connect(3, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0`],
    [`7 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT`],
    [`7 sendto(3, [{nlmsg_len=20}], 20, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 20`],
    [`7 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3`],
  ])("passes over %s", (line) => {
    expect(destinationsOutside(line)).toEqual([]);
  });
});

function trace(program: string, args: string[]): Promise<{ code: number | null; record: string }> {
  return withTempHome(async (home) => {
    const record = join(home, "record");
    const straceArgs = ["-f", "-qq", "-e", "trace=network", "-o", record, program, ...args];
    // npx has to stand in the checkout to find its bin.
    const cwd = program === "npx" ? repositoryRoot : home;
    const { code } = await runProgram("strace", straceArgs, { home, cwd });
    return { code, record: readFileSync(record, "utf8") };
  });
}

function whyStraceCannotRun(): string | null {
  const { error, status, stderr } = spawnSync("strace", ["-o", "/dev/null", "true"], { encoding: "utf8" });
  if (error !== undefined) return "there is no strace here";
  return status === 0 ? null : `strace cannot trace here: ${stderr.trim()}`;
}
