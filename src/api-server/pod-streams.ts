// Serves …/pods/NAME/exec and attach: joins the streams of a client with those of a container, over a WebSocket.
import type { Duplex } from "node:stream";
import { QUEUE_PROXY, userContainers } from "../apis/core/pod.ts";
import type { Container } from "../apis/core/pod-spec.ts";
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
  /** Resolves when the container has ended, or the client is gone. */
  attach(streams: ClientStreams): Promise<void>;
}

export interface PodStreams {
  /** Resolves with undefined if the container does not run. */
  find(pod: Pod, container: string): Promise<RunningContainer | undefined>;
  /** Opens a connection to a port of the pod. Rejects with an error for the user. */
  dial(pod: Pod, port: number): Promise<Duplex>;
}

/** Errors follow kubernetes' pkg/registry/core/pod/strategy.go and kubelet's pkg/cri/streaming. */
export async function execInPod(streams: PodStreams | undefined, request: ApiRequest, pod: Pod): Promise<ApiAnswer> {
  const command = request.query.getAll("command");
  return joinContainer(streams, request, pod, {
    refusal: () => (command.length > 0 ? undefined : "you must specify at least one command for the container"),
    run: async (container, client) => {
      const { exitCode } = await container.exec(command, client);
      return exitCode === 0 ? success : exitedWith(exitCode);
    },
    doing: "executing command in container",
  });
}

/** See {@link execInPod}. */
export async function attachToPod(streams: PodStreams | undefined, request: ApiRequest, pod: Pod): Promise<ApiAnswer> {
  return joinContainer(streams, request, pod, {
    refusal: ({ name, stdin }, wanted) =>
      wanted.stdin && !stdin ? `container ${name} has no standard input: attach without -i` : undefined,
    run: async (container, client) => {
      await container.attach(client);
      return success;
    },
    doing: "attaching to container",
  });
}

interface ContainerCall {
  /** Returns why the request is refused. */
  refusal(container: Container, wanted: WantedStreams): string | undefined;
  run(container: RunningContainer, client: ClientStreams): Promise<CommandStatus>;
  /** For error texts. */
  readonly doing: string;
}

async function joinContainer(
  streams: PodStreams | undefined,
  request: ApiRequest,
  pod: Pod,
  { refusal, run, doing }: ContainerCall,
): Promise<ApiAnswer> {
  const container = chooseUserContainer(pod, request.query.get("container"));
  if (!container.ok) return statusAnswer(container.error);
  const wanted = wantedStreams(request.query);
  if (!wanted.ok) return statusAnswer(wanted.error);
  const refused = refusal(container.value, wanted.value);
  if (refused !== undefined) return statusAnswer(makeFailure("BadRequest", refused));
  const { name = "" } = container.value;
  const running = await streams?.find(pod, name);
  if (!running) return notRunning(name);
  const protocol = chooseProtocol(request, COMMAND_PROTOCOLS);
  if (!protocol.ok) return statusAnswer(protocol.error);
  const how = { protocol: protocol.value, wanted: wanted.value };
  const serve = (client: ClientStreams): Promise<CommandStatus> =>
    run(running, client).catch((error: unknown) =>
      makeFailure("InternalError", `Internal error occurred: error ${doing}: ${errorText(error)}`),
    );
  return { stream: (exchange) => serveCommand(acceptWebSocket(exchange, protocol.value), how, serve) };
}

function chooseUserContainer(pod: Pod, requested: string | null): Result<Container, ApiStatus> {
  const chosen = chooseContainer(pod, requested);
  if (!chosen.ok) return chosen;
  const { containers, initContainers = [] } = pod.spec;
  const container = [...initContainers, ...containers].find(({ name }) => name === chosen.value);
  if (container && container.name !== QUEUE_PROXY) return ok(container);
  const others = userContainers(pod).map(({ name }) => name);
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
