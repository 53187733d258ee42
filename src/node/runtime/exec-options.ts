// Defines how a command runs in a container, beside its arguments.

export interface ExecOptions {
  readonly timeoutMs?: number | undefined;
  readonly env?: readonly (readonly [string, string])[] | undefined;
  /** In the notation of an image's USER. undefined: the container's user. */
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly privileged?: boolean | undefined;
}
