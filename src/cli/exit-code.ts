// The exit codes of every command. They are a promise to scripts and CI: never renumbered.

export const exitCodes = {
  ok: 0,
  /** A Service or a check failed. */
  failed: 1,
  /** Wrong usage or invalid YAML. */
  usage: 2,
  /** What stops every Service: no engine, port taken, registry down with no image local. */
  environment: 3,
  timeout: 4,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}, or the exit code of the command that `ci` ran. */
export type ExitCode = number;
