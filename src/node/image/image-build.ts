// Builds a Service's image and names it by content, and removes old ones of knap's own making. Never touches an image it did not build.
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import { packContext } from "./build-context.ts";
import { makePullReport } from "./pull-report.ts";
import { authFor, readDockerConfig } from "./registry-auth.ts";

export interface BuildOrder {
  readonly namespace: string;
  readonly service: string;
  /** Absolute folder. */
  readonly context: string;
  /** Relative to the context, or absolute. */
  readonly dockerfile: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Images that it starts from. */
  readonly bases?: readonly string[];
  /** Labels of this session and host, put on the image. */
  readonly labels: Readonly<Record<string, string>>;
  readonly onOutput?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The label by which knap knows whose image it is: `namespace/name` of the Service. */
export const SERVICE_LABEL = "knap.dev/service";
const KEPT_PER_SERVICE = 2;
const ID_DIGITS = 12;

/** Builds and tags `dev.local/<namespace>/<service>:<first 12 of the id>`. Throws a RuntimeError with the build's own words. */
export async function buildImage(runtime: ContainerRuntime, order: BuildOrder): Promise<{ image: string; id: string }> {
  const repository = `dev.local/${order.namespace}/${order.service}`;
  const building = `${repository}:building`;
  for (const base of order.bases ?? []) await fetchPrivate(runtime, base, order);
  const { stream, dockerfile } = packContext(order.context, order.dockerfile);
  const asked = runtime.images.build({
    context: stream,
    dockerfile,
    tag: building,
    labels: { ...order.labels, [SERVICE_LABEL]: `${order.namespace}/${order.service}` },
    ...(order.args && { args: order.args }),
    ...(order.target !== undefined && { target: order.target }),
    ...(order.onOutput && { onOutput: order.onOutput }),
    ...(order.signal && { signal: order.signal }),
  });
  // An engine that gives up in the middle leaves the file open that was on its way.
  const { id } = await asked.finally(() => stream.destroy());
  const image = `${repository}:${id.replace(/^sha256:/, "").slice(0, ID_DIGITS)}`;
  await runtime.images.tag(building, image);
  await runtime.images.remove(building);
  return { image, id };
}

/** BuildKit asks a client's session for credentials, and there is none here; but a base that is on the engine it takes from there. */
async function fetchPrivate(runtime: ContainerRuntime, base: string, { onOutput, signal }: BuildOrder): Promise<void> {
  const auth = await authFor(base, [await readDockerConfig(process.env)]);
  if (auth === undefined || (await runtime.images.inspect(base))) return;
  const onProgress = onOutput && makePullReport(base, () => performance.now(), onOutput);
  try {
    await runtime.images.pull(base, { auth, ...(onProgress && { onProgress }), ...(signal && { signal }) });
  } catch (error) {
    // The build will meet the same trouble, and name the line.
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/** Removes all but the newest builds of a Service (and `keep`, an id); an image that a container still uses stays. Returns how many went. */
export async function pruneImages(
  runtime: ContainerRuntime,
  service: { readonly namespace: string; readonly name: string; readonly keep?: string },
): Promise<number> {
  const label = `${SERVICE_LABEL}=${service.namespace}/${service.name}`;
  // Newest first, as engines list them.
  const images = await runtime.images.list(label);
  const current = images.filter(({ id }) => id === service.keep);
  const others = images.filter(({ id }) => id !== service.keep);
  const old = others.slice(Math.max(0, KEPT_PER_SERVICE - current.length));
  let removed = 0;
  for (const { id, tags } of old) {
    try {
      for (const name of tags.length > 0 ? tags : [id]) await runtime.images.remove(name);
      removed++;
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.code !== "conflict") throw error;
    }
  }
  return removed;
}
