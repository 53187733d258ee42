// Runs CMD of `ci` with the terminal's streams, and makes its environment.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import type { ProjectService } from "../../project/project.ts";
import { CliError } from "../cli-error.ts";
import type { ExitCode } from "../exit-code.ts";
import { AUTHORITY_FILE } from "../session/list-sessions.ts";
import type { RunningSession } from "../session/start-session.ts";
import type { Environment, Interrupts } from "../terminal.ts";

/** Resolves to the exit code, or to 128 plus the number of the signal that ended the command. */
export async function runCommandOfUser(
  [command = "", ...args]: readonly string[],
  options: { readonly env: Environment; readonly cwd: string; readonly interrupts: Interrupts },
): Promise<ExitCode> {
  const child = spawn(command, args, { stdio: "inherit", env: options.env as NodeJS.ProcessEnv, cwd: options.cwd });
  // Ctrl-C in a terminal reaches the child directly; SIGTERM of a CI runner reaches only this process.
  const pass = (): void => void child.kill("SIGTERM");
  const kill = (): void => void child.kill("SIGKILL");
  options.interrupts.first.addEventListener("abort", pass, { once: true });
  options.interrupts.second.addEventListener("abort", kill, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "there is no such program in PATH" : error.message;
      reject(new CliError({ code: "COMMAND_NOT_RUN", what: `"${command}" cannot be run`, why }));
    });
    child.once("close", (code, signal) => {
      options.interrupts.first.removeEventListener("abort", pass);
      options.interrupts.second.removeEventListener("abort", kill);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Converts `hello-world` to `HELLO_WORLD`. */
function variableName(service: string): string {
  return service.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

/** Resolves with the variables that CMD gets in addition to the environment of knap. */
export async function ciEnvironment(
  { emulator, folder }: RunningSession,
  services: readonly ProjectService[],
): Promise<Readonly<Record<string, string>>> {
  const env: Record<string, string> = {
    KNAP_INGRESS: `http://${emulator.ingress.host}:${emulator.ingress.port}`,
    KNAP_API: emulator.api.address,
    KNAP_API_TOKEN: emulator.api.token,
    ...(emulator.api.authority !== undefined && { KNAP_API_CA: join(folder.path, AUTHORITY_FILE) }),
    KNAP_SESSION: folder.id,
    KUBECONFIG: folder.kubeconfig,
  };
  for (const { object } of services) {
    const { namespace = "default", name } = object.metadata;
    const address = emulator.serviceAddress(namespace, name);
    if (address === undefined) continue;
    const url = `http://${address.host}:${address.port}`;
    const live = await emulator.client.get({ kind: "Service.serving.knative.dev", namespace, name });
    env[`KNAP_URL_${variableName(name)}`] = url;
    if (live?.status?.url !== undefined) env[`KNAP_HOST_${variableName(name)}`] = new URL(live.status.url).host;
    if (services.length === 1) env["KNAP_URL"] = url;
  }
  return env;
}
