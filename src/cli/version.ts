// The version of this build. It loads nothing, so that `knap --version` answers at once.

/** Put in by the build; absent when the sources run as they are. */
declare const KNAP_VERSION: string | undefined;

export const version: string = typeof KNAP_VERSION === "string" ? KNAP_VERSION : "0.0.0-source";
