// Implements the runtime's calls for images with a Docker engine.
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import type { RegistryAuth } from "../build-request.ts";
import type { ContainerRuntime, ImageInfo } from "../runtime.ts";
import { ClassicLayers } from "./classic-layers.ts";
import { buildOnEngine, type EngineBuilder } from "./docker-build.ts";
import { engineCall, fromEngineText, ifFound } from "./engine-error.ts";
import { readJsonLines } from "./json-lines.ts";
import type { ProgressLine } from "./progress-line.ts";

type Images = ContainerRuntime["images"];

export function makeDockerImages(docker: Docker, builder: () => Promise<EngineBuilder>): Images {
  const engine = { docker, layers: new ClassicLayers(docker) };
  return {
    inspect: (reference) => engineCall(`inspecting image ${reference}`, () => inspectImage(docker, reference)),
    pull: (reference, options) => engineCall(`pulling ${reference}`, () => pullImage(docker, reference, options)),
    build: (request) =>
      engineCall(`building ${request.tag}`, async () => buildOnEngine(engine, await builder(), request)),
    tag: (source, target) =>
      engineCall(`tagging ${source} as ${target}`, async () => {
        const { repo, tag } = splitTag(target);
        await docker.getImage(source).tag({ repo, tag });
      }),
    digest: (reference, auth) =>
      engineCall(`asking the registry for ${reference}`, async () => {
        const options = auth ? { authconfig: credentials(auth) } : {};
        const answer = await docker.getImage(withTag(reference)).distribution(options);
        return (answer as { Descriptor: { digest: string } }).Descriptor.digest;
      }),
    list: (filter) =>
      engineCall("listing images", async () => {
        const filters = "label" in filter ? { label: [filter.label] } : { reference: [filter.repository] };
        const found = await docker.listImages({ filters });
        const infos = await Promise.all(found.map((image) => inspectImage(docker, image.Id)));
        return infos.filter((info) => info !== undefined);
      }),
    remove: (reference) =>
      engineCall(`removing image ${reference}`, () => ifFound(docker.getImage(reference).remove({ force: false }))),
    import: (tar, tag, config) => engineCall(`importing ${tag}`, () => importImage(docker, tar, tag, config)),
  };
}

async function inspectImage(docker: Docker, reference: string): Promise<ImageInfo | undefined> {
  const found = await ifFound(docker.getImage(reference).inspect());
  return found && imageInfo(found);
}

async function pullImage(docker: Docker, reference: string, options: Parameters<Images["pull"]>[1]): Promise<void> {
  const stream = await docker.createImage(credentials(options.auth), {
    // Without a tag the engine would pull all tags of the repository.
    fromImage: withTag(reference),
    ...(options.platform && { platform: options.platform }),
    ...(options.signal && { abortSignal: options.signal }),
  });
  for await (const step of readJsonLines<ProgressLine>(stream as Readable)) {
    if (step.error) throw fromEngineText(step.error, `pulling ${reference}`);
    const { current, total } = step.progressDetail ?? {};
    options.onProgress?.({
      layer: step.id || undefined,
      status: step.status ?? "",
      currentBytes: current,
      totalBytes: total,
    });
  }
}

async function importImage(
  docker: Docker,
  tar: Readable,
  reference: string,
  config: Parameters<Images["import"]>[2],
): Promise<string> {
  const { repo, tag } = splitTag(reference);
  const labels = Object.entries(config.labels).map(
    ([key, value]) => `LABEL ${JSON.stringify(key)}=${JSON.stringify(value)}`,
  );
  const changes = [`CMD ${JSON.stringify(config.cmd)}`, ...labels];
  const stream = await docker.importImage(tar as never, { repo, tag, changes } as never);
  for await (const step of readJsonLines<ProgressLine>(stream as unknown as Readable)) {
    if (step.error) throw fromEngineText(step.error, `importing ${reference}`);
  }
  return (await docker.getImage(reference).inspect()).Id;
}

function imageInfo(found: Docker.ImageInspectInfo): ImageInfo {
  const config = found.Config;
  const stopSignal = (config as { StopSignal?: string }).StopSignal;
  return {
    id: found.Id,
    tags: (found.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>"),
    repoDigests: (found.RepoDigests ?? []).filter((digest) => !digest.startsWith("<none>")),
    os: found.Os,
    architecture: found.Architecture,
    user: config.User ?? "",
    entrypoint: ([] as string[]).concat(config.Entrypoint ?? []),
    cmd: config.Cmd ?? [],
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).map((port) => Number.parseInt(port, 10)),
    workingDir: config.WorkingDir ?? "",
    env: config.Env ?? [],
    sizeBytes: found.Size,
    stopSignal: stopSignal || undefined,
    labels: config.Labels ?? {},
    taggedAt: (found as { Metadata?: { LastTagTime?: string } }).Metadata?.LastTagTime ?? found.Created,
  };
}

function credentials(auth: RegistryAuth | undefined): object {
  if (!auth) return {};
  return {
    serveraddress: auth.serverAddress,
    username: auth.username,
    password: auth.password,
    identitytoken: auth.identityToken,
  };
}

function hasTag(reference: string): boolean {
  return reference.includes("@") || reference.slice(reference.lastIndexOf("/") + 1).includes(":");
}

function withTag(reference: string): string {
  return hasTag(reference) ? reference : `${reference}:latest`;
}

function splitTag(reference: string): { repo: string; tag: string } {
  const whole = withTag(reference);
  const colon = whole.lastIndexOf(":");
  return { repo: whole.slice(0, colon), tag: whole.slice(colon + 1) };
}
