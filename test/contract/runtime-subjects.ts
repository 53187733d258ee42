// Defines the runtimes that the contract suite tests, and how each one starts the test app.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openProcessRuntime } from "../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeCapabilities } from "../../src/node/runtime/runtime.ts";
import { openTestEngine, testAppPath, testImage } from "../support/engine.ts";

export interface Subject {
  readonly runtime: ContainerRuntime;
  /** Returns a spec that starts the test app with these environment variables. */
  app(name: string, env?: Readonly<Record<string, string>>, more?: Partial<ContainerSpec>): ContainerSpec;
  close(): Promise<void>;
}

export interface SubjectKind {
  readonly name: "docker" | "process";
  readonly lacks: readonly (keyof RuntimeCapabilities)[];
  open(labels: Readonly<Record<string, string>>): Promise<Subject>;
}

export const subjects: readonly SubjectKind[] = [
  { name: "docker", lacks: ["assignsPort"], open: openDocker },
  { name: "process", lacks: ["images", "build", "volumes", "archives", "networks", "limits"], open: openProcesses },
];

async function openDocker(labels: Readonly<Record<string, string>>): Promise<Subject> {
  const runtime = await openTestEngine();
  const image = await testImage(runtime);
  const network = await runtime.networks.open({ name: `knap-contract-${labels["knap.dev/test"]}`, labels });
  return {
    runtime,
    app: (name, env = {}, more = {}) => ({
      name: `${name}-${labels["knap.dev/test"]}`,
      image,
      env: Object.entries({ PORT: "8080", ...env }),
      labels,
      network: { id: network.id },
      ports: [8080],
      ...more,
    }),
    close: async () => {
      await runtime.networks.close(network.id);
      await runtime.close();
    },
  };
}

async function openProcesses(labels: Readonly<Record<string, string>>): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), "knap-contract-"));
  const runtime = openProcessRuntime({ session: "contract", folder });
  return {
    runtime,
    app: (name, env = {}, more = {}) => ({
      name,
      image: "ignored",
      command: [process.execPath, testAppPath],
      env: Object.entries({ PORT: "8080", ...env }),
      labels,
      ports: [8080],
      projectFolder: dirname(testAppPath),
      ...more,
    }),
    close: async () => {
      await runtime.close();
      rmSync(folder, { recursive: true });
    },
  };
}
