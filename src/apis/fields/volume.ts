// Defines the fields of a volume and its sources, and of a volume claim (core/v1).
import { objectFieldSelector, resourceFieldSelector } from "./container.ts";
import { embed, field, kept, list, notInCrd, numbered, pointer, required, type StructType, struct } from "./field.ts";
import { labelSelector, localObjectReference, metadata, resourceLists } from "./meta.ts";

const keyToPath = struct("KeyToPath", { key: required("string"), path: required("string"), mode: "*int32" });
const projection = (name: string): StructType =>
  struct(name, { ref: embed(localObjectReference), items: list(keyToPath), optional: "*bool" });
const downwardItem = struct("DownwardAPIVolumeFile", {
  path: required("string"),
  fieldRef: pointer(objectFieldSelector),
  resourceFieldRef: pointer(resourceFieldSelector),
  mode: "*int32",
});
const tokenProjection = struct("ServiceAccountTokenProjection", {
  audience: "string",
  expirationSeconds: "*int64",
  path: required("string"),
});
const projectedSource = struct("VolumeProjection", {
  secret: pointer(projection("SecretProjection")),
  downwardAPI: pointer(struct("DownwardAPIProjection", { items: list(downwardItem) })),
  configMap: pointer(projection("ConfigMapProjection")),
  serviceAccountToken: pointer(tokenProjection),
  clusterTrustBundle: notInCrd("*any"),
  podCertificate: notInCrd("*any"),
});

const typedReference = {
  apiGroup: numbered(1, "*string"),
  kind: kept("string", { proto: 2 }),
  name: kept("string", { proto: 3 }),
};
export const claimSpec = struct("PersistentVolumeClaimSpec", {
  accessModes: numbered(1, "[]string"),
  selector: numbered(4, pointer(labelSelector)),
  resources: numbered(2, struct("VolumeResourceRequirements", resourceLists)),
  volumeName: numbered(3, "string"),
  storageClassName: numbered(5, "*string"),
  volumeMode: numbered(6, "*string"),
  dataSource: numbered(7, pointer(struct("TypedLocalObjectReference", typedReference, { atomic: true }))),
  dataSourceRef: numbered(
    8,
    pointer(struct("TypedObjectReference", { ...typedReference, namespace: numbered(4, "*string") })),
  ),
  volumeAttributesClassName: numbered(9, "*string"),
});
const claimTemplate = struct("PersistentVolumeClaimTemplate", { metadata, spec: kept(claimSpec) });

const secretSource = struct("SecretVolumeSource", {
  secretName: "string",
  items: list(keyToPath),
  defaultMode: "*int32",
  optional: "*bool",
});
const configMapSource = struct("ConfigMapVolumeSource", {
  ref: embed(localObjectReference),
  items: list(keyToPath),
  defaultMode: "*int32",
  optional: "*bool",
});
const csiSource = struct("CSIVolumeSource", {
  driver: kept("string"),
  readOnly: "*bool",
  fsType: "*string",
  volumeAttributes: "map[string]string",
  nodePublishSecretRef: pointer(localObjectReference),
});
const hostPathSource = struct("HostPathVolumeSource", { path: kept("string"), type: "*string" });
const emptyDirSource = struct("EmptyDirVolumeSource", { medium: "string", sizeLimit: "*quantity" });
const claimSource = struct("PersistentVolumeClaimVolumeSource", { claimName: kept("string"), readOnly: "bool" });
const downwardSource = struct("DownwardAPIVolumeSource", { items: list(downwardItem), defaultMode: "*int32" });
const projectedVolume = struct("ProjectedVolumeSource", {
  sources: kept(list(projectedSource)),
  defaultMode: "*int32",
});
const ephemeralSource = struct("EphemeralVolumeSource", { volumeClaimTemplate: pointer(claimTemplate) });
const imageSource = struct("ImageVolumeSource", { reference: "string", pullPolicy: "string" });
/** A volume source that Knative does not allow. */
const refused = notInCrd("*any");

const volumeSource = struct("VolumeSource", {
  hostPath: field(pointer(hostPathSource), { crd: "free" }),
  emptyDir: field(pointer(emptyDirSource), { crd: "free" }),
  gcePersistentDisk: refused,
  awsElasticBlockStore: refused,
  gitRepo: refused,
  secret: pointer(secretSource),
  nfs: refused,
  iscsi: refused,
  glusterfs: refused,
  persistentVolumeClaim: field(pointer(claimSource), { crd: "free" }),
  rbd: refused,
  flexVolume: refused,
  cinder: refused,
  cephfs: { ...refused, go: "CephFS" },
  flocker: refused,
  downwardAPI: notInCrd(pointer(downwardSource)),
  fc: refused,
  azureFile: refused,
  configMap: field(pointer(configMapSource), { crd: "atomic" }),
  vsphereVolume: refused,
  quobyte: refused,
  azureDisk: refused,
  photonPersistentDisk: refused,
  projected: pointer(projectedVolume),
  portworxVolume: refused,
  scaleIO: refused,
  storageos: { ...refused, go: "StorageOS" },
  csi: field(pointer(csiSource), { crd: "free" }),
  ephemeral: field(pointer(ephemeralSource), { crd: "free" }),
  image: field(pointer(imageSource), { crd: "free" }),
});

/** One item of `volumes`. */
export const volume = struct("Volume", { name: required("string"), source: embed(volumeSource) });
