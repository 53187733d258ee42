// A project in a folder of its own, for tests of what `loadProject` makes of files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadProject, type ProjectRequest } from "../../src/project/load-project.ts";
import type { Project } from "../../src/project/project.ts";

export class TestProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "knap-project-"));

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  /** The project without Knative's warning about insecure defaults, which every plain Service gets. */
  async load(files: readonly string[] = [], more: Partial<ProjectRequest> = {}): Promise<Project> {
    const project = await loadProject({
      cwd: this.folder,
      files,
      namespace: undefined,
      strictness: { mode: "up", fieldValidation: "strict" },
      readStdin: async () => "",
      ...more,
    });
    const isExpected = (message: string): boolean => message.startsWith("Kubernetes default value is insecure");
    return { ...project, findings: project.findings.filter(({ message }) => !isExpected(message)) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const namesOf = (project: Project): readonly string[] =>
  project.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

/** A Service as a text; `more` are lines of its spec. */
export const serviceText = (
  name: string,
  more = "",
  image = "dev.local/app",
): string => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
${more}  template: { spec: { containers: [{ image: ${image} }] } }
`;
