// GET …/pods/NAME/log: streams the log lines of a container as plain text.
import type { Pod } from "../apis/core/types.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { LogsQuery } from "../client/client.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import type { ReadContext } from "./reads.ts";

export interface PodLogOptions extends LogsQuery {
  readonly container: string;
  /** Read the log of the container's previous run. */
  readonly previous: boolean;
  readonly signal: AbortSignal;
}
/** Yields lines without newline. Ends with the log, or with `follow` when the signal aborts. */
export type PodLogs = (pod: Pod, options: PodLogOptions) => AsyncIterable<string>;

export function readPodLog(
  { store }: ReadContext,
  logs: PodLogs | undefined,
  request: ApiRequest,
  key: { readonly namespace: string; readonly name: string },
): ApiAnswer {
  const pod = store.get("Pod", key.namespace, key.name);
  if (!pod) return statusAnswer(makeNotFound({ kind: "Pod", ...key }));
  if (!logs) return statusAnswer(makeFailure("InternalError", "this session keeps no container logs"));
  const container = chooseContainer(pod, request.query.get("container"));
  if (typeof container !== "string") return statusAnswer(makeFailure("BadRequest", container.problem));
  const lines = logs(pod, { ...parseOptions(request), container, signal: request.signal });
  return {
    stream: async (response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.flushHeaders();
      for await (const line of lines) {
        if (request.signal.aborted) break;
        if (!response.write(`${line}\n`)) await drained(response, request.signal);
      }
      response.end();
    },
  };
}

/** The requested container, or the pod's only container. */
function chooseContainer({ metadata, spec }: Pod, wanted: string | null): string | { readonly problem: string } {
  const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name ?? "");
  if (wanted)
    return names.includes(wanted) ? wanted : { problem: `container ${wanted} is not valid for pod ${metadata.name}` };
  const [only] = spec.containers;
  if (only && names.length === 1) return only.name ?? "";
  const choose = `choose one of: [${spec.containers.map(({ name }) => name).join(" ")}]`;
  return { problem: `a container name must be specified for pod ${metadata.name}, ${choose}` };
}

function parseOptions({ query }: ApiRequest): Omit<PodLogOptions, "container" | "signal"> {
  const isSet = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || Number.isNaN(Number(text)) ? undefined : Number(text);
  };
  const tail = number("tailLines");
  const sinceSeconds = number("sinceSeconds");
  return {
    follow: isSet("follow"),
    timestamps: isSet("timestamps"),
    previous: isSet("previous"),
    ...(tail === undefined ? {} : { tail }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
  };
}

function drained(response: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
  });
}
