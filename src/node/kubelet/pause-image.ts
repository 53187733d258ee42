// Builds the image of the pause container, which owns the network namespace of a pod with several containers. knap
// generates its only program, so nothing is pulled.
import type { Readable } from "node:stream";
import { type Pack, pack } from "tar-stream";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const LOAD_ADDRESS = 0x400000;

interface Machine {
  /** e_machine of the ELF header. */
  readonly number: number;
  readonly code: readonly number[];
}

const littleEndian = (instruction: number): number[] => [0, 8, 16, 24].map((shift) => (instruction >>> shift) & 0xff);

/** The program of each architecture only waits for signals: with `pause` on x86-64, with `ppoll` on arm64. */
const MACHINES: Readonly<Record<string, Machine>> = {
  // again: mov eax, 34; syscall; jmp again
  amd64: { number: 62, code: [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] },
  // again: mov x0…x4, xzr; mov x8, 73; svc 0; b again
  arm64: {
    number: 183,
    code: [0xaa1f03e0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0xaa1f03e4, 0xd2800928, 0xd4000001, 0x17fffff9].flatMap(
      littleEndian,
    ),
  },
};

/** Returns a static ELF executable that waits for ever; undefined for other architectures. */
export function makePauseProgram(architecture: string): Buffer | undefined {
  const machine = MACHINES[architecture];
  if (!machine) return undefined;
  const start = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const file = Buffer.alloc(start + machine.code.length);
  // 64 bits, little-endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine.number, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS + start), 24);
  file.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32);
  file.writeUInt16LE(ELF_HEADER_BYTES, 52);
  file.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  file.writeUInt16LE(1, 56);
  // One loadable segment, readable and executable: the whole file.
  file.writeUInt32LE(1, ELF_HEADER_BYTES);
  file.writeUInt32LE(5, ELF_HEADER_BYTES + 4);
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), ELF_HEADER_BYTES + 16);
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), ELF_HEADER_BYTES + 24);
  file.writeBigUInt64LE(BigInt(file.length), ELF_HEADER_BYTES + 32);
  file.writeBigUInt64LE(BigInt(file.length), ELF_HEADER_BYTES + 40);
  file.writeBigUInt64LE(0x1000n, ELF_HEADER_BYTES + 48);
  file.set(machine.code, start);
  return file;
}

/**
 * Creates the pause image if the engine does not have it. Returns its name. Throws `platform` on other architectures.
 */
export async function ensurePauseImage(runtime: ContainerRuntime, architecture: string): Promise<string> {
  const tag = `knap.dev/pause:1-${architecture}`;
  if (await runtime.images.inspect(tag)) return tag;
  const program = makePauseProgram(architecture);
  if (!program) {
    throw new RuntimeError(
      "platform",
      `knap has no program for its helper containers on ${architecture}; pods with volumes or several containers need it`,
    );
  }
  const tar: Pack = pack();
  tar.entry({ name: "pause", mode: 0o755 }, program);
  tar.finalize();
  await runtime.images.import(tar as unknown as Readable, tag, {
    cmd: ["/pause"],
    labels: { "knap.dev/image": "pause" },
  });
  return tag;
}
