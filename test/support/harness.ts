// Makes harnesses of the test library on processes, in a project folder and session folders of their own.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createHarness, type Harness, type HarnessOptions } from "../../src/testing/index.ts";
import { KnapHome } from "./knap.ts";

const testAppPath = new URL("test-app.mjs", import.meta.url).pathname;

const IMAGE = "ghcr.io/acme/hello";

/** Returns the manifest of a Service of the test app. `more`: lines of its template's annotations. */
export const manifest = (name = "hello", more = ""): string => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
  template:
    metadata: { annotations: { ${more} } }
    spec: { containers: [{ image: "${IMAGE}:v1" }] }
`;

export class HarnessHome extends KnapHome {
  readonly cwd = join(this.folder, "project");

  constructor() {
    super({ KNAP_RUNTIME: "process" });
    mkdirSync(this.cwd);
  }

  /** Makes a harness of the project's files. Every Service named is the test app. */
  harness(options: HarnessOptions = {}, services: readonly string[] = ["hello"]): Harness {
    const command = [process.execPath, testAppPath];
    return createHarness({
      cwd: this.cwd,
      env: this.env as Record<string, string>,
      services: Object.fromEntries(services.map((name) => [name, { command }])),
      stopTimeout: "2s",
      ...options,
    });
  }
}
