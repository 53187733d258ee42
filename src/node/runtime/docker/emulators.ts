// Finds out whether this kernel runs programs of another architecture with an emulator.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Go's name of an architecture → the emulator's. */
const EMULATORS: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64", "386": "i386" };

/** Returns undefined if the kernel does not show its emulators, for instance because knap runs in a container. */
export function canEmulate(architecture: string, folder = "/proc/sys/fs/binfmt_misc"): boolean | undefined {
  if (!existsSync(join(folder, "status"))) return undefined;
  // In a virtual machine on Apple's processors, Rosetta runs programs for amd64.
  const names = [`qemu-${EMULATORS[architecture] ?? architecture}`, ...(architecture === "amd64" ? ["rosetta"] : [])];
  return names.some((name) => existsSync(join(folder, name)));
}
