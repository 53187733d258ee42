// Go's Volume and its sources (core/v1), as the decoder and the differ need it. Sources that Knative never allows are free-form.
import { objectFieldSelector, resourceFieldSelector } from "./container-types.ts";
import { embed, keep, list, map, ptr, struct } from "./go-type.ts";
import { objectMeta } from "./meta-types.ts";

const localObjectReference = struct("LocalObjectReference", { name: "string" });
const keyToPath = struct("KeyToPath", { key: keep("string"), path: keep("string"), mode: ptr("int32") });
const projection = (name: string) =>
  struct(name, { ref: embed(localObjectReference), items: list(keyToPath), optional: ptr("bool") });
const downwardItem = struct("DownwardAPIVolumeFile", {
  path: keep("string"),
  fieldRef: ptr(objectFieldSelector),
  resourceFieldRef: ptr(resourceFieldSelector),
  mode: ptr("int32"),
});
const claimSpec = struct("PersistentVolumeClaimSpec", {
  accessModes: list("string"),
  selector: ptr("any"),
  resources: struct("VolumeResourceRequirements", { limits: map("quantity"), requests: map("quantity") }),
  volumeName: "string",
  storageClassName: ptr("string"),
  volumeMode: ptr("string"),
  dataSource: ptr("any"),
  dataSourceRef: ptr("any"),
  volumeAttributesClassName: ptr("string"),
});
const projectedSource = struct("VolumeProjection", {
  secret: ptr(projection("SecretProjection")),
  downwardAPI: ptr(struct("DownwardAPIProjection", { items: list(downwardItem) })),
  configMap: ptr(projection("ConfigMapProjection")),
  serviceAccountToken: ptr(
    struct("ServiceAccountTokenProjection", {
      audience: "string",
      expirationSeconds: ptr("int64"),
      path: keep("string"),
    }),
  ),
  clusterTrustBundle: ptr("any"),
  podCertificate: ptr("any"),
});
const free = ptr("any");

const volumeSource = struct("VolumeSource", {
  hostPath: ptr(struct("HostPathVolumeSource", { path: keep("string"), type: ptr("string") })),
  emptyDir: ptr(struct("EmptyDirVolumeSource", { medium: "string", sizeLimit: ptr("quantity") })),
  gcePersistentDisk: free,
  awsElasticBlockStore: free,
  gitRepo: free,
  secret: ptr(
    struct("SecretVolumeSource", {
      secretName: "string",
      items: list(keyToPath),
      defaultMode: ptr("int32"),
      optional: ptr("bool"),
    }),
  ),
  nfs: free,
  iscsi: free,
  glusterfs: free,
  persistentVolumeClaim: ptr(
    struct("PersistentVolumeClaimVolumeSource", { claimName: keep("string"), readOnly: "bool" }),
  ),
  rbd: free,
  flexVolume: free,
  cinder: free,
  cephfs: free,
  flocker: free,
  downwardAPI: ptr(struct("DownwardAPIVolumeSource", { items: list(downwardItem), defaultMode: ptr("int32") })),
  fc: free,
  azureFile: free,
  configMap: ptr(
    struct("ConfigMapVolumeSource", {
      ref: embed(localObjectReference),
      items: list(keyToPath),
      defaultMode: ptr("int32"),
      optional: ptr("bool"),
    }),
  ),
  vsphereVolume: free,
  quobyte: free,
  azureDisk: free,
  photonPersistentDisk: free,
  projected: ptr(struct("ProjectedVolumeSource", { sources: keep(list(projectedSource)), defaultMode: ptr("int32") })),
  portworxVolume: free,
  scaleIO: free,
  storageos: free,
  csi: ptr(
    struct("CSIVolumeSource", {
      driver: keep("string"),
      readOnly: ptr("bool"),
      fsType: ptr("string"),
      volumeAttributes: { map: "string" },
      nodePublishSecretRef: ptr(localObjectReference),
    }),
  ),
  ephemeral: ptr(
    struct("EphemeralVolumeSource", {
      volumeClaimTemplate: ptr(
        struct("PersistentVolumeClaimTemplate", { metadata: objectMeta, spec: keep(claimSpec) }),
      ),
    }),
  ),
  image: ptr(struct("ImageVolumeSource", { reference: "string", pullPolicy: "string" })),
});

export const volume = struct("Volume", { name: keep("string"), source: embed(volumeSource) });
