// Defines the version of this build. The file imports nothing, so that `knap --version` is fast.

/** Defined by the build; undefined when the sources run directly. */
declare const KNAP_VERSION: string | undefined;

export const knapVersion: string = typeof KNAP_VERSION === "string" ? KNAP_VERSION : "0.0.0-source";
