// Resolves the image digests of a Revision before its children are made.
// Source: pkg/reconciler/revision/{revision,background}.go.
import { DEFAULT_ACCOUNT } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { markContainerMissing, markResolvingDigests } from "../../../apis/serving/revision-lifecycle.ts";
import type { Revision, RevisionContainerStatus } from "../../../apis/serving/types.ts";
import type { Inquiry, World } from "../../controller/reconciler.ts";
import type { Pass } from "../pass.ts";

type RevisionPass = Pass<"Revision.serving.knative.dev">;
type DigestInquiry = Extract<Inquiry, { ask: "Digest" }>;

/** Returns `resolved` if all digests are in the status, `pending` if answers are missing. */
export function resolveDigests(pass: RevisionPass): "resolved" | "pending" | { readonly error: string } {
  const { object, world, plan } = pass;
  const { containers, initContainers = [] } = object.spec;
  if (isResolved(object)) return "resolved";
  const questions = [...initContainers, ...containers].map((container) => question(container, object, world));
  plan.ask.push(...questions.filter((asked) => world.answer(asked) === undefined));
  const answers = questions.map((asked) => world.answer(asked));
  for (const [index, answer] of answers.entries()) {
    if (answer === undefined || !("error" in answer)) continue;
    const why = `failed to resolve image to digest: ${answer.error}`;
    const error = `Unable to fetch image "${questions[index]?.image ?? ""}": ${why}`;
    // Knative retries, so it also reports that digests are being resolved.
    pass.status = markContainerMissing(markResolvingDigests(pass.status, pass.at), error, pass.at);
    return { error };
  }
  if (answers.includes(undefined)) {
    pass.status = markResolvingDigests(pass.status, pass.at);
    return "pending";
  }
  const digests = answers.map((answer) => (answer && "digest" in answer ? answer.digest : ""));
  const init = withDigests(initContainers, digests);
  pass.status = {
    ...pass.status,
    containerStatuses: withDigests(containers, digests.slice(initContainers.length)),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
  };
  return "resolved";
}

function isResolved({ spec, status }: Stored<Revision>): boolean {
  const wanted = spec.containers.length + (spec.initContainers?.length ?? 0);
  return wanted === (status?.containerStatuses?.length ?? 0) + (status?.initContainerStatuses?.length ?? 0);
}

function withDigests(containers: readonly Container[], digests: readonly string[]): readonly RevisionContainerStatus[] {
  return containers.map(({ name = "" }, index) => ({
    name,
    ...(digests[index] ? { imageDigest: digests[index] } : {}),
  }));
}

function question(container: Container, revision: Stored<Revision>, world: World): DigestInquiry {
  const { namespace, uid } = revision.metadata;
  const account = world.get("ServiceAccount", namespace, revision.spec.serviceAccountName ?? DEFAULT_ACCOUNT);
  const secrets = [...(revision.spec.imagePullSecrets ?? []), ...(account?.imagePullSecrets ?? [])];
  return {
    ask: "Digest",
    image: container.image ?? "",
    namespace,
    pullSecrets: [...new Set(secrets.flatMap(({ name }) => name ?? []))],
    revisionUid: uid,
  };
}
