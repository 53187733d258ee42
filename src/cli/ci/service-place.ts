// Finds the line of a Service in the user's files, for annotations of a failed run.
import { namespacedName } from "../../apis/meta/key.ts";
import { readManifest } from "../../manifest/read-manifest.ts";
import type { Project } from "../../project/project.ts";

export interface FilePlace {
  readonly file: string;
  readonly line: number;
}

/** `key`: `namespace/name`. Of a Service that is defined several times, the last document counts. */
export function placeOfService({ sources, namespace: usual }: Project, key: string): FilePlace | undefined {
  const found = sources.flatMap(({ file, text }) =>
    readManifest({ name: file, text }, "up").objects.filter(({ object: { apiVersion, kind, metadata } }) => {
      const { namespace = usual, name } = metadata;
      return (
        apiVersion.startsWith("serving.knative.dev/") &&
        kind === "Service" &&
        namespacedName({ namespace, name }) === key
      );
    }),
  );
  const last = found.at(-1);
  return last && { file: last.file, line: last.locate("metadata.name").line };
}
