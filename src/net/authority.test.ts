import { describe, expect, it } from "vitest";
import { isMinted, mintAuthority, narrowToMimicPort } from "./authority.ts";

describe("an authority", () => {
  it("holds its host in lower case and without brackets", () => {
    expect(mintAuthority("inference-endpoint", "Host.Example", 80, "--endpoint").host).toBe("host.example");
    expect(mintAuthority("inference-endpoint", "[::1]", 80, "--endpoint").host).toBe("::1");
  });

  it("cannot be changed, copied or made up", () => {
    const authority = mintAuthority("inference-endpoint", "a.example", 80, "--endpoint");
    expect(isMinted(authority)).toBe(true);
    expect(Object.isFrozen(authority)).toBe(true);
    expect(isMinted({ ...authority })).toBe(false);
    expect(isMinted(structuredClone(authority))).toBe(false);
  });

  it.each([-1, 65_536, 1.5, NaN])("has no port %d", (port) => {
    expect(() => mintAuthority("inference-endpoint", "a.example", port, "--endpoint")).toThrow(RangeError);
  });
});

describe("narrowing to the port of a mimic", () => {
  const mimic = mintAuthority("loopback-mimic", "127.0.0.1", 0, "bench");

  it("gives an authority for that port of the same host", () => {
    const narrowed = narrowToMimicPort(mimic, 4321);
    expect(narrowed).toEqual({ ...mimic, port: 4321 });
    expect(isMinted(narrowed)).toBe(true);
  });

  it("is refused for any other authority, for one that has a port, and for a copy", () => {
    const endpoint = mintAuthority("inference-endpoint", "a.example", 0, "--endpoint");
    expect(() => narrowToMimicPort(endpoint, 80)).toThrow(TypeError);
    expect(() => narrowToMimicPort(narrowToMimicPort(mimic, 4321), 4322)).toThrow(TypeError);
    expect(() => narrowToMimicPort({ ...mimic }, 80)).toThrow(TypeError);
  });

  it.each([0, -1, 65_536, 1.5])("is refused for %d, which is no port to connect to", (port) => {
    expect(() => narrowToMimicPort(mimic, port)).toThrow(RangeError);
  });

  it("is refused for a host that is not loopback", () => {
    const elsewhere = mintAuthority("loopback-mimic", "192.0.2.1", 0, "bench");
    expect(() => narrowToMimicPort(elsewhere, 80)).toThrow(TypeError);
  });
});
