// A small language for Go's types: what Knative decodes a document into. The tables in this folder are written in it.

export type Scalar = "string" | "bool" | "int32" | "int64" | "quantity" | "intOrString" | "time" | "url" | "any";
export type GoType =
  | Scalar
  | { readonly ptr: GoType }
  | { readonly list: GoType }
  | { readonly map: GoType }
  | GoStruct;

export interface GoField {
  readonly json: string;
  readonly go: string;
  readonly type: GoType;
  /** Written even when it is the zero value (no `omitempty`). */
  readonly keep: boolean;
  /** Name of the embedded struct that the field comes from, as Go's error paths show it. */
  readonly via?: string;
}
export interface GoStruct {
  readonly struct: string;
  readonly fields: readonly GoField[];
  /** JSON names in the order of the generated String method, where that is not Go's. */
  readonly printed?: readonly string[];
  /** JSON names of the fields. */
  readonly names: ReadonlySet<string>;
}

/** A field that is written even when empty. */
export interface Kept {
  readonly keep: GoType;
}
/** A struct whose fields lie flat in the one that embeds it. */
export interface Embedded {
  readonly embed: GoStruct;
}
export type FieldTable = Readonly<Record<string, GoType | Kept | Embedded>>;

/** Go spells these differently from "first letter upper case". */
const SPELLING: Readonly<Record<string, string>> = {
  apiVersion: "APIVersion",
  awsElasticBlockStore: "AWSElasticBlockStore",
  cephfs: "CephFS",
  csi: "CSI",
  dnsConfig: "DNSConfig",
  dnsPolicy: "DNSPolicy",
  fc: "FC",
  fsGroup: "FSGroup",
  fsGroupChangePolicy: "FSGroupChangePolicy",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  gmsaCredentialSpec: "GMSACredentialSpec",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  grpc: "GRPC",
  httpGet: "HTTPGet",
  httpHeaders: "HTTPHeaders",
  ip: "IP",
  iscsi: "ISCSI",
  metadata: "ObjectMeta",
  nfs: "NFS",
  os: "OS",
  rbd: "RBD",
  seLinuxChangePolicy: "SELinuxChangePolicy",
  seLinuxOptions: "SELinuxOptions",
  serviceAccount: "DeprecatedServiceAccount",
  storageos: "StorageOS",
  tcpSocket: "TCPSocket",
  tls: "TLS",
  tty: "TTY",
  uid: "UID",
  url: "URL",
};

export const ptr = (type: GoType): GoType => ({ ptr: type });
export const list = (type: GoType): GoType => ({ list: type });
export const map = (type: GoType): GoType => ({ map: type });
export const keep = (type: GoType): Kept => ({ keep: type });
/** Flattens a struct into the one around it; the key in the table does not matter. */
export const embed = (struct: GoStruct): Embedded => ({ embed: struct });

/** A struct from its fields by JSON name, in Go's order; `printed` is the order of its String method, where that differs. */
export function struct(name: string, table: FieldTable, printed?: readonly string[]): GoStruct {
  const fields = Object.entries(table).flatMap(([json, entry]): readonly GoField[] => {
    if (typeof entry === "object" && "embed" in entry) {
      return entry.embed.fields.map((field) => ({
        ...field,
        via: field.via === undefined ? entry.embed.struct : `${entry.embed.struct}.${field.via}`,
      }));
    }
    const isKept = typeof entry === "object" && "keep" in entry;
    const go = SPELLING[json] ?? json.charAt(0).toUpperCase() + json.slice(1);
    return [{ json, go, type: isKept ? entry.keep : entry, keep: isKept }];
  });
  const names = new Set(fields.map(({ json }) => json));
  return { struct: name, fields, names, ...(printed === undefined ? {} : { printed }) };
}

/** A type as Go's JSON errors name it. */
export function goTypeName(type: GoType): string {
  if (typeof type === "string") return SCALAR_NAMES[type] ?? type;
  if ("ptr" in type) return goTypeName(type.ptr);
  if ("list" in type) return `[]${goTypeName(type.list)}`;
  if ("map" in type) return `map[string]${goTypeName(type.map)}`;
  return `v1.${type.struct}`;
}

const SCALAR_NAMES: Readonly<Record<string, string>> = {
  quantity: "resource.Quantity",
  intOrString: "int32",
  time: "string",
  url: "string",
};
