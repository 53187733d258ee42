// Renders the files of configMap, secret, projected and downwardAPI volumes. Pure.
// Source: k8s.io/kubernetes/pkg/volume/{configmap,secret,projected,downwardapi}.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container, KeyToPath, Volume, VolumeProjection } from "../../../apis/core/pod-spec.ts";
import type { ConfigMap, Secret } from "../../../apis/core/types.ts";
import { type FieldSources, fieldText, resourceText } from "../spec/downward-spec.ts";
import { isInside } from "./volume-paths-spec.ts";

export interface VolumeFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface VolumeSources extends FieldSources {
  readonly pod: StoredPod;
  readonly configMap: (name: string) => ConfigMap | undefined;
  readonly secret: (name: string) => Secret | undefined;
  readonly token: (audience: string, expirationSeconds: number) => string;
}

/** `error`: the kubelet's text. */
export type VolumeContent = { readonly files: readonly VolumeFile[] } | { readonly error: string };

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3_600;

/**
 * Returns undefined if the type of the volume has no files (emptyDir, persistentVolumeClaim). If two sources of a
 * projected volume have the same path, the later one wins.
 */
export function renderVolumeFiles(volume: Volume, sources: VolumeSources): VolumeContent | undefined {
  const { configMap, secret, projected, downwardAPI } = volume;
  const modeOf = ({ defaultMode = DEFAULT_MODE }: { readonly defaultMode?: number }): number => defaultMode;
  if (configMap) return merge([configMapFiles(configMap, modeOf(configMap), sources)]);
  if (secret) return merge([secretFiles({ ...secret, name: secret.secretName }, modeOf(secret), sources)]);
  if (downwardAPI) return merge([downwardFiles(downwardAPI, modeOf(downwardAPI), sources)]);
  if (projected) {
    return merge((projected.sources ?? []).map((source) => projectionFiles(source, modeOf(projected), sources)));
  }
  return undefined;
}

/** Returns true if a file shows the pod's name, uid or status. Pods then cannot share one volume of the engine. */
export function isPodSpecific(volume: Volume): boolean {
  const items = [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((source) => source.downwardAPI?.items ?? []),
  ];
  return items.some(({ fieldRef }) => /^(metadata\.(name|uid)$|status\.)/.test(fieldRef?.fieldPath ?? ""));
}

/** Returns the names of the ConfigMaps and Secrets of a volume. */
export function volumeReferences(volume: Volume): readonly string[] {
  const projections = volume.projected?.sources ?? [];
  return [
    volume.configMap?.name,
    volume.secret?.secretName,
    ...projections.flatMap((source) => [source.configMap?.name, source.secret?.name]),
  ].filter((name) => name !== undefined);
}

function projectionFiles(source: VolumeProjection, mode: number, sources: VolumeSources): VolumeContent {
  if (source.configMap) return configMapFiles(source.configMap, mode, sources);
  if (source.secret) return secretFiles(source.secret, mode, sources);
  if (source.downwardAPI) return downwardFiles(source.downwardAPI, mode, sources);
  if (source.serviceAccountToken) {
    const { path, audience = "", expirationSeconds = DEFAULT_TOKEN_SECONDS } = source.serviceAccountToken;
    return { files: [{ path, content: Buffer.from(sources.token(audience, expirationSeconds)), mode }] };
  }
  return { files: [] };
}

interface KeyedSource {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function configMapFiles(source: KeyedSource, mode: number, sources: VolumeSources): VolumeContent {
  const found = sources.configMap(source.name ?? "");
  if (!found) return source.optional ? { files: [] } : { error: `configmap "${source.name}" not found` };
  const text = Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(found.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, "base64")] as const,
  );
  return selectItems({ data: new Map([...text, ...binary]), source, mode, what: "config" });
}

function secretFiles(source: KeyedSource, mode: number, sources: VolumeSources): VolumeContent {
  const found = sources.secret(source.name ?? "");
  if (!found) return source.optional ? { files: [] } : { error: `secret "${source.name}" not found` };
  const data = Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const);
  return selectItems({ data: new Map(data), source, mode, what: "secret" });
}

function selectItems(from: {
  readonly data: ReadonlyMap<string, Uint8Array>;
  readonly source: KeyedSource;
  readonly mode: number;
  readonly what: "config" | "secret";
}): VolumeContent {
  const { data, source, mode, what } = from;
  if (!source.items?.length) {
    return { files: [...data].map(([path, content]) => ({ path, content, mode })) };
  }
  const files: VolumeFile[] = [];
  for (const item of source.items) {
    const content = data.get(item.key);
    if (content) files.push({ path: item.path, content, mode: item.mode ?? mode });
    else if (!source.optional) return { error: `references non-existent ${what} key: ${item.key}` };
  }
  return { files };
}

function downwardFiles(
  { items = [] }: NonNullable<Volume["downwardAPI"]>,
  mode: number,
  sources: VolumeSources,
): VolumeContent {
  const { pod } = sources;
  return {
    files: items.map((item) => {
      const text = item.fieldRef
        ? fieldText(pod, item.fieldRef.fieldPath, sources)
        : resourceText(pod, pod.spec.containers[0] as Container, item.resourceFieldRef ?? { resource: "" }, sources);
      return { path: item.path, content: Buffer.from(text), mode: item.mode ?? mode };
    }),
  };
}

function merge(parts: readonly VolumeContent[]): VolumeContent {
  const files = new Map<string, VolumeFile>();
  for (const part of parts) {
    if ("error" in part) return part;
    for (const file of part.files) {
      if (!isFilePath(file.path))
        return { error: `path "${file.path}" must be relative and not contain or begin with ".."` };
      files.set(file.path, file);
    }
  }
  return { files: [...files.values()] };
}

/**
 * Returns true if the path is inside the volume and does not begin with `..`, as the kubelet's own entries do
 * (`..data`).
 */
function isFilePath(path: string): boolean {
  return path !== "" && isInside(path) && !path.startsWith("..");
}
