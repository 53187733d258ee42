// Plans the ServiceAccount `default` of a Namespace, as Kubernetes' service account controller does.
import { DEFAULT_ACCOUNT } from "../../../apis/core/pod.ts";
import type { ServiceAccount } from "../../../apis/core/types.ts";
import type { ObjectKey } from "../../../apis/meta/key.ts";
import type { Plan, Reconciler } from "../../controller/reconciler.ts";

const KIND = "Namespace";

export const namespacePlanner: Reconciler<typeof KIND> = {
  name: "namespace",
  kind: KIND,
  watches: (changed): readonly ObjectKey[] => {
    const { name, namespace = "" } = changed.metadata;
    const isAccount = changed.kind === "ServiceAccount" && name === DEFAULT_ACCOUNT;
    return isAccount ? [{ kind: KIND, namespace: "", name: namespace }] : [];
  },
  reconcile: ({ metadata }): Plan<typeof KIND> =>
    metadata.deletionTimestamp === undefined ? { create: [makeDefaultAccount(metadata.name)] } : {},
};

function makeDefaultAccount(namespace: string): ServiceAccount {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: DEFAULT_ACCOUNT, namespace } };
}
