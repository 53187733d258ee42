// Parses and formats container image references with the rules that Knative uses.
// Source: github.com/google/go-containerregistry/pkg/name (weak validation).

export interface ImageReference {
  /** Host and port of the registry; Docker Hub is `index.docker.io`. */
  readonly registry: string;
  /** Path inside the registry: `library/nginx`. */
  readonly repository: string;
  /** Absent when a digest is given without a tag. */
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

const DOCKER_HUB = "index.docker.io";
const TAG = /^[A-Za-z0-9_.-]{0,128}$/;
const REPOSITORY = /^[a-z0-9_./-]{2,255}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** The characters of a URL host. */
const HOST = /^(\[[0-9a-fA-F:.]*\]|[\w.~!$&'()*+,;=:<>"\u0080-\uffff-]*)$/;

/** Returns the parts of a reference, with Docker Hub's short names expanded; undefined if Knative would refuse it. */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.split("@");
  if (at.length > 2) return undefined;
  const [named = "", digest] = at;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const colon = named.lastIndexOf(":");
  const hasTag = colon >= 0 && !named.slice(colon).includes("/");
  const base = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : "";
  if (!TAG.test(tag)) return undefined;
  const place = splitRegistry(base);
  if (!place || !REPOSITORY.test(place.repository)) return undefined;
  const { registry, repository } = place;
  const isOfficial = registry === DOCKER_HUB && !repository.includes("/");
  return {
    registry,
    repository: isOfficial ? `library/${repository}` : repository,
    ...(tag !== "" ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

function splitRegistry(base: string): { registry: string; repository: string } | undefined {
  const slash = base.indexOf("/");
  const first = slash < 0 ? "" : base.slice(0, slash);
  if (!/[.:]/.test(first)) return { registry: DOCKER_HUB, repository: base };
  const port = /:[^\]]*$/.exec(first.slice(first.lastIndexOf(":")))?.[0] ?? "";
  if (!/^(:\d*)?$/.test(port) || !HOST.test(first.slice(0, first.length - port.length))) return undefined;
  const registry = first === "docker.io" ? DOCKER_HUB : first;
  return { registry, repository: base.slice(slash + 1) };
}

/** Returns `registry/repository`, without tag and digest. */
export function repositoryName({ registry, repository }: ImageReference): string {
  return `${registry}/${repository}`;
}

/** Formats `registry/repository@digest` if there is a digest (the tag is omitted), else `registry/repository:tag`. */
export function imageReferenceText(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return repositoryName(reference) + (digest === "" ? tag : digest);
}
