// What is wrong in the user's files, with its place: a manifest's diagnostic, or one of knap.yaml, an env file or a Dockerfile.
import type { Diagnostic } from "../manifest/diagnostic.ts";

/** As a {@link Diagnostic}; without a line the whole file is meant. */
export type ProjectFinding = Omit<Diagnostic, "line" | "column"> & Partial<Pick<Diagnostic, "line" | "column">>;
