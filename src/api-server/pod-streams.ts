// Serves …/pods/NAME/exec and attach: joins the streams of a client with those of a container, over a WebSocket.
import type { Duplex } from "node:stream";
import { QUEUE_PROXY } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import { errorText } from "../base/errors.ts";
import { ok, type Result } from "../base/result.ts";
import type { ClientStreams } from "../node/runtime/client-streams.ts";
import {
  COMMAND_PROTOCOLS,
  type CommandStatus,
  serveCommand,
  type WantedStreams,
} from "../streaming/remote-command.ts";
import { acceptWebSocket } from "../streaming/websocket.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { chooseContainer } from "./pod-container.ts";
import { isSet } from "./query-parameters.ts";
import { chooseProtocol } from "./stream-protocol.ts";

/** A container that runs. The calls reject with a RuntimeError. */
interface RunningContainer {
  exec(command: readonly string[], streams: ClientStreams): Promise<{ readonly exitCode: number }>;
}

export interface PodStreams {
  /** Resolves with undefined if the container does not run. */
  find(pod: Pod, container: string): Promise<RunningContainer | undefined>;
  /** Opens a connection to a port of the pod. Rejects with an error for the user. */
  dial(pod: Pod, port: number): Promise<Duplex>;
}

/** Errors follow kubernetes' pkg/registry/core/pod/strategy.go and kubelet's pkg/cri/streaming. */
export async function streamCommand(
  streams: PodStreams | undefined,
  request: ApiRequest,
  pod: Pod,
): Promise<ApiAnswer> {
  const container = chooseUserContainer(pod, request.query.get("container"));
  if (!container.ok) return statusAnswer(container.error);
  const wanted = wantedStreams(request.query);
  if (!wanted.ok) return statusAnswer(wanted.error);
  const command = request.query.getAll("command");
  if (command.length === 0) return badRequest("you must specify at least one command for the container");
  const running = await streams?.find(pod, container.value);
  if (!running) return notRunning(container.value);
  const protocol = chooseProtocol(request, COMMAND_PROTOCOLS);
  if (!protocol.ok) return statusAnswer(protocol.error);
  const run = (client: ClientStreams): Promise<CommandStatus> => runCommand(running, command, client);
  const how = { protocol: protocol.value, wanted: wanted.value };
  return { stream: (exchange) => serveCommand(acceptWebSocket(exchange, protocol.value), how, run) };
}

function chooseUserContainer(pod: Pod, requested: string | null): Result<string, ApiStatus> {
  const container = chooseContainer(pod, requested);
  if (!container.ok || container.value !== QUEUE_PROXY) return container;
  const others = pod.spec.containers.flatMap(({ name }) => (name === undefined || name === QUEUE_PROXY ? [] : name));
  const why = "container queue-proxy is a part of knap and has no process or files of its own";
  return refuse("BadRequest", `${why}, choose one of: [${others.join(" ")}]`);
}

function wantedStreams(query: URLSearchParams): Result<WantedStreams, ApiStatus> {
  const [stdin, stdout, stderr] = [isSet(query, "stdin"), isSet(query, "stdout"), isSet(query, "stderr")];
  if (!stdin && !stdout && !stderr) return refuse("BadRequest", "you must specify at least 1 of stdin, stdout, stderr");
  return ok({ stdin, stdout, stderr, tty: isSet(query, "tty") });
}

/** As kubelet, whose answer is plain text here. */
function notRunning(container: string): ApiAnswer {
  return { code: 500, text: `container not found ("${container}")\n`, contentType: "text/plain; charset=utf-8" };
}

/** Never rejects. */
async function runCommand(
  container: RunningContainer,
  command: readonly string[],
  streams: ClientStreams,
): Promise<CommandStatus> {
  try {
    const { exitCode } = await container.exec(command, streams);
    return exitCode === 0 ? success : exitedWith(exitCode);
  } catch (error) {
    const why = `error executing command in container: ${errorText(error)}`;
    return makeFailure("InternalError", `Internal error occurred: ${why}`);
  }
}

const success: CommandStatus & { readonly metadata: object } = { metadata: {}, status: "Success" };

/** Clients exit with the code of the cause. */
function exitedWith(exitCode: number): CommandStatus & Pick<ApiStatus, "metadata" | "details"> & { reason: string } {
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

function badRequest(message: string): ApiAnswer {
  return statusAnswer(makeFailure("BadRequest", message));
}
