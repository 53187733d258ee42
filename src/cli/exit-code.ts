// The exit codes of all commands. Scripts and CI depend on them, so they never change.

export const exitCodes = {
  ok: 0,
  /** A Service or a check failed. */
  failed: 1,
  /** Wrong usage or invalid YAML. */
  usage: 2,
  /** Nothing can be served: no engine, the port is in use, or the registry fails and there is no local image. */
  environment: 3,
  timeout: 4,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}, or the exit code of the command that `ci` ran. */
export type ExitCode = number;
