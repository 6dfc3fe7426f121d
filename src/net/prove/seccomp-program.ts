/**
 * A seccomp program that makes sockets impossible, as the bytes that the kernel takes: 8 for each instruction (u16 code,
 * u8 jump if true, u8 jump if false, u32 operand). Beside `socket` it refuses rings, and what could take or steer a socket
 * of another process of the same user. `socketpair` stays: Node's own pipes need it, and it joins a process to itself.
 */

interface Machine {
  /** AUDIT_ARCH_*: a call of another architecture ends the process. */
  audit: number;
  refused: readonly number[];
  hasX32: boolean;
  /** The numbers of the calls that install a program: prctl. */
  prctl: number;
}

/** socket, connect, ptrace, process_vm_writev, pidfd_getfd; then io_uring_setup, the same everywhere. */
const machines: Record<string, Machine> = {
  x64: { audit: 0xc000003e, refused: [41, 42, 101, 311, 438], hasX32: true, prctl: 157 },
  arm64: { audit: 0xc00000b7, refused: [198, 203, 117, 271, 438], hasX32: false, prctl: 167 },
};
const IO_URING_SETUP = 425;

const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const X32_BIT = 0x40000000;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const ENOSYS = 0x00050000 | 38;
const EACCES = 0x00050000 | 13;

/** Null for a machine whose call numbers are not known here. */
export function sealingProgram(architecture: string): { bytes: Buffer; prctl: number } | null {
  const machine = machines[architecture];
  if (machine === undefined) return null;
  const ofOffset = { number: 0, architecture: 4 };
  const program: [code: number, ifTrue: number, ifFalse: number, operand: number][] = [
    [LOAD, 0, 0, ofOffset.architecture],
    [JUMP_IF_EQUAL, 1, 0, machine.audit],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, ofOffset.number],
  ];
  const refuse = (jump: number, operand: number, answer: number) =>
    program.push([jump, 0, 1, operand], [RETURN, 0, 0, answer]);
  if (machine.hasX32) refuse(JUMP_IF_ANY_BIT, X32_BIT, ENOSYS);
  refuse(JUMP_IF_EQUAL, IO_URING_SETUP, ENOSYS);
  for (const number of machine.refused) refuse(JUMP_IF_EQUAL, number, EACCES);
  program.push([RETURN, 0, 0, ALLOW]);

  const bytes = Buffer.alloc(program.length * 8);
  for (const [place, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, place * 8);
    bytes.writeUInt8(ifTrue, place * 8 + 2);
    bytes.writeUInt8(ifFalse, place * 8 + 3);
    bytes.writeUInt32LE(operand, place * 8 + 4);
  }
  return { bytes, prctl: machine.prctl };
}
