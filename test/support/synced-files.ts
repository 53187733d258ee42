// Files of a user that a test syncs into the instances of a Service.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SyncedFile, SyncOutcome, SyncRequest } from "../../src/node/agent/file-sync.ts";
import { testAppPath } from "./engine.ts";
import type { TestSession } from "./session.ts";

/** The path of the app in its container. */
export const APP = "/app/test-app.mjs";

/** Returns the test app with another answer at `/`. */
export const appSaying = (word: string): string =>
  readFileSync(testAppPath, "utf8").replace("hello from", `${word} from`);

export class SyncedFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "knap-sync-"));
  readonly #session: TestSession;

  constructor(session: TestSession) {
    this.#session = session;
  }

  /** Writes files, by their path in the container. null deletes them. */
  write(contents: Readonly<Record<string, string | null>>): readonly SyncedFile[] {
    return Object.entries(contents).map(([target, text]) => {
      const source = join(this.folder, target);
      if (text === null) {
        rmSync(source, { recursive: true, force: true });
        return { target, source: undefined };
      }
      mkdirSync(dirname(source), { recursive: true });
      writeFileSync(source, text);
      return { target, source };
    });
  }

  sync(name: string, files: readonly SyncedFile[], more: Partial<SyncRequest> = {}): Promise<SyncOutcome> {
    const signal = new AbortController().signal;
    return this.#session.emulator.syncFiles({ service: `default/${name}`, files, signal, ...more });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
