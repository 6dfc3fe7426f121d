/** What `telemetry prove` reads out of strace's record. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AuthorityCategory, mintAuthority } from "../src/net/authority.ts";
import type { Allowed } from "../src/net/prove/destination.ts";
import { readRecord } from "../src/net/prove/read-record.ts";

const resolver = { servers: ["192.0.2.53"], searchDomains: ["corp.example"] };

describe("a destination in strace's record", () => {
  it.each([
    ["the endpoint's address and port", tcp("203.0.113.7", 8000), "--endpoint"],
    ["the same as an IPv4-mapped address", tcp6("::ffff:203.0.113.7", 8000), "--endpoint"],
    ["the metrics' address and port", tcp("203.0.113.8", 9100), "--metrics-url"],
    ["another port of the endpoint's", tcp("203.0.113.7", 8001), "UNAUTHORISED"],
    ["another address with the endpoint's port", tcp("203.0.113.9", 8000), "UNAUTHORISED"],
    ["a datagram to the endpoint", connect("UDP", internet("203.0.113.7", 8000)), "UNAUTHORISED"],
    ["a port of loopback where the command does not listen", tcp("127.0.0.1", 8888), "UNAUTHORISED"],
    ["the endpoint over a protocol that is not known", connect("SMC", internet("203.0.113.7", 8000)), "UNAUTHORISED"],
    [
      "a connection that the system refused",
      tcp("203.0.113.9", 8000, "-1 ENETUNREACH (Network is unreachable)"),
      "UNAUTHORISED",
    ],
    ["a server of the system's resolver", connect("UDP", internet("192.0.2.53", 53)), "dns-resolver"],
    ["another name server", connect("UDP", internet("203.0.113.53", 53)), "UNAUTHORISED"],
    [
      "a socket of a virtual machine",
      connect("VSOCK", "{sa_family=AF_VSOCK, svm_cid=2, svm_port=1024}"),
      "UNAUTHORISED",
    ],
    ["an address that strace could not read", connect("TCP", "0x7ffd3a5c"), "UNAUTHORISED"],
    ["a Unix socket", connect("UNIX-STREAM", unix("/var/tmp/relay")), "UNAUTHORISED"],
    [
      "a datagram to no family, which is sent as IPv4",
      sendTo('{sa_family=AF_UNSPEC, sa_data="\\x00"}'),
      "UNAUTHORISED",
    ],
    ["a listener at every address", listen("0.0.0.0", 9000), "UNAUTHORISED"],
  ])("is %s", async (_what, line, group) => {
    const { destinations } = await read([line], [endpoint, metrics]);
    expect(destinations.map((each) => each.group)).toEqual([group]);
  });

  it("is nothing for what stays in the kernel, or sends nothing", async () => {
    const { destinations, doubts } = await read(
      [
        connect("NETLINK", "{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}"),
        connect("UDP", "{sa_family=AF_UNSPEC}"),
        // The C library sorts the addresses of a name with these.
        connect("UDP", internet("203.0.113.7", 0)),
        `7 bind(3<TCP:[7]>, ${internet("127.0.0.1", 0)}, 16) = 0`,
      ],
      [endpoint],
    );
    expect({ destinations, doubts }).toEqual({ destinations: [], doubts: [] });
  });

  it("is named, and no breach, when a Unix socket is not there", async () => {
    const gone = "-1 ENOENT (No such file or directory)";
    const { destinations } = await read([connect("UNIX-STREAM", unix("/var/run/nscd/socket"), gone)], [endpoint]);
    expect(destinations).toMatchObject([{ group: "unix", what: "missed", path: "/var/run/nscd/socket" }]);
  });

  it("counts the same destination once for each time", async () => {
    const { destinations } = await read([tcp("203.0.113.7", 8000), tcp("203.0.113.7", 8000)], [endpoint]);
    expect(destinations).toMatchObject([{ host: "llm.example", ip: "203.0.113.7", port: 8000, times: 2 }]);
  });

  it("names both flags where they name the same server", async () => {
    const same = allow("metrics-endpoint", "--metrics-url", "llm.example", 8000, ["203.0.113.7"]);
    const { destinations } = await read([tcp("203.0.113.7", 8000)], [endpoint, same]);
    expect(destinations).toMatchObject([{ group: "--endpoint and --metrics-url" }]);
  });
});

describe("a command that listens for itself", () => {
  const mimic = allow("loopback-mimic", "bench without --endpoint", "127.0.0.1", 0, []);

  it("may connect to the very port that it got", async () => {
    const { destinations } = await read([tcp("127.0.0.1", 45678), listen("127.0.0.1", 45678)], [mimic]);
    expect(destinations.map(({ group, what }) => [group, what])).toEqual([
      ["loopback", "connected"],
      ["loopback", "listened"],
    ]);
  });

  it("may connect to no other port, and listen at no other address", async () => {
    const lines = [listen("127.0.0.1", 45678), tcp("127.0.0.1", 45679), listen("192.0.2.7", 45678)];
    const { destinations } = await read(lines, [mimic]);
    expect(destinations.map(({ group }) => group)).toEqual(["loopback", "UNAUTHORISED", "UNAUTHORISED"]);
  });

  it("may not without a flag that says so", async () => {
    const lines = [listen("127.0.0.1", 45678), tcp("127.0.0.1", 45678)];
    expect(groupsOf(await read(lines, [endpoint]))).toEqual(["UNAUTHORISED", "UNAUTHORISED"]);
  });
});

describe("the daemon's Unix socket", () => {
  const daemon = allow("localhost-daemon", "daemon", "/run/user/7/inferguard/daemon.sock", 0, []);
  const bind = (path: string) => `7 bind(3<UNIX-STREAM:[7]>, ${unix(path)}, 16) = 0`;

  it("may be listened at and connected to, by its very path", async () => {
    const path = daemon.authority.host;
    const { destinations } = await read([bind(path), connect("UNIX-STREAM", unix(path))], [daemon]);
    expect(destinations).toMatchObject([
      { group: "unix", what: "listened", path },
      { group: "unix", what: "connected", path },
    ]);
  });

  it("allows no other path, and no port", async () => {
    const other = "/run/user/7/inferguard/other.sock";
    const lines = [bind(other), connect("UNIX-STREAM", unix(other)), listen("127.0.0.1", 45678)];
    expect(groupsOf(await read(lines, [daemon]))).toEqual(["UNAUTHORISED", "UNAUTHORISED", "UNAUTHORISED"]);
  });
});

describe("a look-up", () => {
  it.each([
    ["llm.example", "dns-resolver"],
    ["LLM.example", "dns-resolver"],
    ["llm.example.corp.example", "dns-resolver"],
    ["stolen-secret.evil.example", "UNAUTHORISED"],
    ["xllm.example", "UNAUTHORISED"],
    ["llm.example.evil.example", "UNAUTHORISED"],
  ])("of %s belongs to %s", async (name, group) => {
    const { destinations } = await read([question(name, "192.0.2.53")], [endpoint]);
    expect(destinations).toMatchObject([{ group, what: "looked up", asked: name.toLowerCase() }]);
  });

  it("is a breach where the endpoint is an address, or --resolve gave one", async () => {
    const noName = { ...endpoint, isLookedUp: false };
    expect(groupsOf(await read([question("llm.example", "192.0.2.53")], [noName]))).toEqual(["UNAUTHORISED"]);
  });

  it("is a breach when it is hidden behind an allowed one in the same call", async () => {
    const [first, second] = ["llm.example", "secret.example"].map((name) => hex(query(name)));
    const line = `7 sendmmsg(3<UDP:[10.0.0.1:5->192.0.2.53:53]>, [{msg_hdr={msg_name=NULL, msg_iov=[{iov_base=${first}, iov_len=29}]}, msg_len=29}, {msg_hdr={msg_name=NULL, msg_iov=[{iov_base=${second}, iov_len=29}]}, msg_len=29}], 2, MSG_NOSIGNAL) = 2`;
    expect((await read([line], [endpoint])).destinations).toMatchObject([
      { group: "UNAUTHORISED", asked: "secret.example" },
    ]);
  });

  it("leaves the proof incomplete where the question cannot be read", async () => {
    const unseen = await read([connect("UDP", internet("192.0.2.53", 53))], [endpoint]);
    expect(unseen).toMatchObject({ destinations: [{ group: "dns-resolver" }], doubts: [/not recorded/] });
    const seen = [connect("UDP", internet("192.0.2.53", 53)), question("llm.example", "192.0.2.53")];
    expect((await read(seen, [endpoint])).doubts).toEqual([]);
    const overTcp = await read([tcp("192.0.2.53", 53)], [endpoint]);
    expect(overTcp).toMatchObject({ destinations: [{ group: "dns-resolver" }], doubts: [/over TCP/] });
    const throughSocket = await read(
      [connect("UNIX-STREAM", unix("/run/systemd/resolve/io.systemd.Resolve"))],
      [endpoint],
    );
    expect(throughSocket).toMatchObject({ destinations: [{ group: "dns-resolver" }], doubts: [/through/] });
  });
});

describe("strace's record is in doubt", () => {
  it.each([
    ["an io_uring was made", "7 io_uring_setup(256, {flags=0}) = 5"],
    ["a process went into another namespace", "7 setns(3, CLONE_NEWNET) = 0"],
    ["a process took control of another", "7 ptrace(PTRACE_ATTACH, 1234) = 0"],
    ["a process took a file descriptor of another", "7 pidfd_getfd(3, 4, 0) = 5"],
    [
      "a process was started out of sight",
      "7 clone(child_stack=NULL, flags=CLONE_UNTRACED|SIGCHLD) = 8\n8 +++ exited with 0 +++",
    ],
    ["a process was never seen to end", "7 clone(child_stack=NULL, flags=SIGCHLD) = 8"],
    ["messages of a call were left out", "7 sendmmsg(3<UDP:[7]>, [{msg_hdr={msg_name=NULL}}, ...], 99, 0) = 99"],
    ["a line cannot be read", "something else"],
    ["a call's end is missing its beginning", "7 <... connect resumed>) = 0"],
  ])("when %s", async (_what, lines) => {
    expect((await read(lines.split("\n"), [])).doubts).toHaveLength(1);
  });

  it("when it is empty, or its end is missing", async () => {
    expect((await readRaw("", [])).doubts).toEqual(["strace recorded no process"]);
    expect((await readRaw(`7 execve(${hex("/usr/bin/node")}, [], 0x1) = 0\n`, [])).doubts).toHaveLength(2);
  });

  it("when a program is started that runs with another user's powers", async ({ skip }) => {
    skip(!hasSetUserId(), "there is no set-user-ID su here");
    const { doubts } = await read([`7 execve(${hex("/usr/bin/su")}, [], 0x1) = 0`], []);
    expect(doubts).toEqual(["a program was started that runs with another user's powers"]);
  });

  it("but not when a ring was refused, a call was cut in two, or a number was used again", async () => {
    const { destinations, doubts } = await read(
      [
        "7 io_uring_setup(256, {flags=0}) = -1 ENOSYS (Function not implemented) (INJECTED)",
        "7 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>",
        `8 connect(3<TCP:[9]>, ${internet("203.0.113.7", 8000)}, 16 <unfinished ...>`,
        "7 <... clone resumed>) = 8",
        "8 <... connect resumed>) = -1 EINPROGRESS (Operation now in progress)",
        "8 +++ exited with 0 +++",
        "7 clone(child_stack=NULL, flags=SIGCHLD) = 8",
        "8 +++ killed by SIGTERM +++",
      ],
      [endpoint],
    );
    expect(doubts).toEqual([]);
    expect(destinations).toMatchObject([{ group: "--endpoint", times: 1 }]);
  });
});

const endpoint = allow("inference-endpoint", "--endpoint", "llm.example", 8000, ["203.0.113.7"]);
const metrics = allow("metrics-endpoint", "--metrics-url", "metrics.example", 9100, ["203.0.113.8"]);

function allow(category: AuthorityCategory, flag: string, host: string, port: number, addresses: string[]): Allowed {
  return { authority: mintAuthority(category, host, port, flag), addresses, isLookedUp: !/^[\d.]+$/.test(host) };
}

/** These lines of process 7, from its start to its end. */
function read(lines: readonly string[], allowed: readonly Allowed[]) {
  const whole = [`7 execve(${hex("/usr/bin/node")}, [${hex("node")}], 0x1) = 0`, ...lines, "7 +++ exited with 0 +++"];
  return readRaw(`${whole.join("\n")}\n`, allowed);
}

async function readRaw(text: string, allowed: readonly Allowed[]) {
  const folder = mkdtempSync(join(tmpdir(), "inferguard-test-"));
  try {
    writeFileSync(join(folder, "record"), text);
    return await readRecord(join(folder, "record"), allowed, resolver);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function groupsOf({ destinations }: { destinations: { group: string }[] }): string[] {
  return destinations.map(({ group }) => group);
}

function tcp(ip: string, port: number, result = "-1 EINPROGRESS (Operation now in progress)"): string {
  return connect("TCP", internet(ip, port), result);
}

function tcp6(ip: string, port: number): string {
  const address = `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, ${hex(ip)}, &sin6_addr), sin6_scope_id=0}`;
  return connect("TCPv6", address);
}

function connect(socket: string, address: string, result = "0"): string {
  return `7 connect(3<${socket}:[7]>, ${address}, 16) = ${result}`;
}

function sendTo(address: string): string {
  return `7 sendto(3<UDP:[7]>, ${hex("x")}, 1, 0, ${address}, 16) = 1`;
}

function listen(ip: string, port: number): string {
  return `7 listen(4<TCP:[${ip}:${port}]>, 511) = 0`;
}

function internet(ip: string, port: number): string {
  return `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr(${hex(ip)})}`;
}

function unix(path: string): string {
  return `{sa_family=AF_UNIX, sun_path=${hex(path)}}`;
}

function question(name: string, server: string): string {
  return `7 sendto(3<UDP:[10.0.0.1:5->${server}:53]>, ${hex(query(name))}, 29, MSG_NOSIGNAL, NULL, 0) = 29`;
}

function query(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([Buffer.from("8c7e01000001000000000000", "hex"), ...labels, Buffer.from("0000010001", "hex")]);
}

/** As strace prints a string with -xx. */
function hex(text: string | Buffer): string {
  return `"${Buffer.from(text)
    .toString("hex")
    .replaceAll(/../g, String.raw`\x$&`)}"`;
}

function hasSetUserId(): boolean {
  return ((statSync("/usr/bin/su", { throwIfNoEntry: false })?.mode ?? 0) & 0o4000) !== 0;
}
