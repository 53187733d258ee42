// Makes API requests for every kind and verb, most of them malformed, from a seed. The same seed makes the same
// request.
import { builtinStructs, deleteOptions } from "../../src/apis/fields/core.ts";
import type { FieldType, StructType } from "../../src/apis/fields/field.ts";
import { internalStructs } from "../../src/apis/fields/internal.ts";
import { knativeStructs } from "../../src/apis/fields/serving.ts";
import { statusStruct } from "../../src/apis/fields/status.ts";
import { apiVersionOf, type Resource, resources } from "../../src/apis/kinds.ts";
import { makeRandom } from "../../src/base/seeded-random.ts";

export interface MalformedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Objects have these names, so that later requests find them. No user object has them. */
export const NAMES = ["fuzz-a", "fuzz-b", "fuzz-c"];
const NAMESPACE = "fuzz";
/** Values that most fields do not accept. */
const WRONG: readonly unknown[] = [
  null,
  0,
  -1,
  5,
  1.5,
  1e300,
  -1e300,
  2 ** 31,
  2 ** 53,
  true,
  "",
  "x",
  "30s",
  "100000000000000000000",
  "\u0000",
  "a/b/c",
  "__proto__",
  "x".repeat(300),
  [],
  [null],
  [[]],
  [5],
  {},
  { a: null },
  { toString: 5 },
  { $patch: "replace" },
  { $patch: 5 },
  { "$setElementOrder/containers": [5] },
  { constructor: { prototype: {} } },
];
const TEXTS = ["", ..."a b 1 100m 64Mi True Ready http h2c app ClusterIP 2000-01-01T00:00:00Z".split(" ")];
const QUERIES = `
  dryRun=All dryRun=x fieldValidation=Strict fieldValidation=x watch=1 watch=true&timeoutSeconds=1 timeoutSeconds=x
  resourceVersion=1 resourceVersion=x resourceVersion=99999999999999999999 limit=5 labelSelector=a
  labelSelector=a%20in%20( labelSelector=constructor labelSelector=a=b,!c,d%20notin%20(e)
  fieldSelector=metadata.name=fuzz-a fieldSelector=x fieldSelector=a.constructor!=b gracePeriodSeconds=x
  gracePeriodSeconds=-5 gracePeriodSeconds=0 propagationPolicy=Orphan propagationPolicy=x orphanDependents=true
  sendInitialEvents=true tailLines=x sinceSeconds=1e300 limitBytes=5 follow=0 container=x previous=true
  includeObject=Object allowWatchBookmarks=true %ff=%ff = fieldManager=a fieldManager=b&force=true
`
  .trim()
  .split(/\s+/);
const TYPES = [
  "application/json",
  "application/merge-patch+json",
  "application/json-patch+json",
  "application/apply-patch+yaml",
  "application/strategic-merge-patch+json",
  "application/vnd.kubernetes.protobuf",
  "application/yaml",
  "",
  "x",
];
const ACCEPTS = ["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "*/*", "x"];
const METHODS = "GET GET POST POST POST POST PUT PUT PATCH PATCH PATCH PATCH DELETE".split(" ");
/** `POST /stop` would end the session, and the clock endpoints need a virtual clock. */
const KNAP_PATHS = "live explain kill scale status clock clock/advance x".split(" ");

export function malformedRequest(seed: number): MalformedRequest {
  const random = makeRandom(seed);
  const maker = new Maker(random);
  return maker.request();
}

class Maker {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  request(): MalformedRequest {
    if (this.#chance(0.03)) return this.#knapRequest();
    const resource = this.#pick(resources);
    const method = this.#chance(0.02) ? this.#pick(["OPTIONS", "HEAD"]) : this.#pick(METHODS);
    // A session without its Node starts no pods, as in Kubernetes.
    const isCollection = method === "POST" || (this.#chance(0.05) && resource.kind !== "Node");
    const name = isCollection ? undefined : this.#pick(NAMES);
    const subresource = name !== undefined && this.#chance(0.3) ? this.#subresource(resource) : "";
    const path = this.#mutatedPath(pathOf(resource, name) + subresource);
    return {
      method,
      path: path + this.#query(),
      headers: { accept: this.#pick(ACCEPTS), ...(method === "GET" ? {} : { "content-type": this.#type(method) }) },
      body: method === "GET" || method === "HEAD" ? undefined : this.#body(method, resource, name, subresource),
    };
  }

  #knapRequest(): MalformedRequest {
    const method = this.#pick(["GET", "POST", "DELETE"]);
    const path = `/apis/knap.dev/v1/${this.#pick(KNAP_PATHS)}?namespace=${NAMESPACE}&revision=${this.#pick(NAMES)}`;
    const fields = ["namespace", "pod", "signal", "service", "revision", "pods", "ms"];
    const body = Object.fromEntries(fields.map((field) => [field, this.#pick([...WRONG, ...NAMES])]));
    const headers = { "content-type": "application/json" };
    return { method, path, headers, body: method === "GET" ? undefined : Buffer.from(JSON.stringify(body)) };
  }

  #subresource(resource: Resource): string {
    if (resource.kind !== "Pod" || this.#chance(0.5))
      return this.#pick(["/status", "/status", "/status", "/scale", "/x"]);
    return this.#pick(["/log", ":65536/proxy", ":0/proxy/x", ":x/proxy", ":8080/proxy/a?b", "/exec", "/proxy"]);
  }

  /** Changes a path now and then. */
  #mutatedPath(path: string): string {
    if (!this.#chance(0.05)) return path;
    const at = 1 + Math.floor(this.#random() * (path.length - 1));
    const insert = this.#pick(["%", "%ff", "%00", "/", "//", "..", "%2f", "?", ";", "[", "\u00fc", "/status", ""]);
    return (
      encodeURI(path.slice(0, at)) + insert.replace("\u00fc", "%c3%bc") + path.slice(this.#chance(0.5) ? at : at + 1)
    );
  }

  #query(): string {
    if (!this.#chance(0.4)) return "";
    return `?${this.#pick(QUERIES)}${this.#chance(0.3) ? `&${this.#pick(QUERIES)}` : ""}`;
  }

  #type(method: string): string {
    if (this.#chance(0.1)) return this.#pick(TYPES);
    return method === "PATCH" ? this.#pick(TYPES.slice(1, 5)) : "application/json";
  }

  #body(method: string, resource: Resource, name: string | undefined, subresource: string): Buffer | undefined {
    if (this.#chance(0.03))
      return Buffer.from(this.#pick(["", "{", "null", "5", '"x"', "[]", "[[[", "k8s\0", "k8s\0\u0001\u0002"]));
    return this.#mutatedBytes(Buffer.from(JSON.stringify(this.#json(method, resource, name, subresource)) ?? ""));
  }

  #json(method: string, resource: Resource, name: string | undefined, subresource: string): unknown {
    if (method === "DELETE") return this.#chance(0.5) ? this.#value(deleteOptions, 0.2) : {};
    if (method === "PATCH" && this.#chance(0.3)) return this.#operations();
    const rate = this.#pick([0, 0.002, 0.02, 0.2]);
    if (this.#chance(rate / 4)) return this.#pick(WRONG);
    const object = this.#rightValue(structOf(resource), rate) as Record<string, unknown>;
    const metadata = typeof object["metadata"] === "object" ? object["metadata"] : {};
    object["metadata"] = this.#wrongOr(rate, () => ({
      ...metadata,
      name: name ?? this.#pick(NAMES),
      namespace: resource.namespaced ? NAMESPACE : undefined,
      resourceVersion: undefined,
      uid: undefined,
      finalizers: this.#chance(0.05) ? ["fuzz/x"] : undefined,
    }));
    object["apiVersion"] = this.#wrongOr(rate / 4, () => apiVersionOf(resource));
    object["kind"] = this.#wrongOr(rate / 4, () => resource.name);
    const status = statusStruct(resource.kind);
    if (status && (subresource === "/status" || this.#chance(0.1))) object["status"] = this.#value(status, rate);
    if (method === "PATCH" && this.#chance(0.7)) for (const key of ["apiVersion", "kind"]) delete object[key];
    return object;
  }

  #operations(): unknown {
    const pointer = (): string => {
      const parts = ["metadata", "labels", "spec", "template", "containers", "0", "-", "status", "conditions", "ports"];
      const names = [
        ...parts,
        "name",
        "image",
        "env",
        "x",
        "toString",
        "__proto__",
        "constructor",
        "length",
        "~1",
        "~",
      ];
      const length = Math.floor(this.#random() * 5);
      return Array.from({ length }, () => `/${this.#pick(names)}`).join("");
    };
    const operation = (): unknown => ({
      op: this.#wrongOr(0.05, () => this.#pick(["add", "remove", "replace", "move", "copy", "test"])),
      path: this.#wrongOr(0.05, pointer),
      from: this.#wrongOr(0.05, pointer),
      value: this.#pick([...WRONG, ...TEXTS]),
    });
    return this.#wrongOr(0.03, () => Array.from({ length: Math.floor(this.#random() * 4) }, operation));
  }

  /** A value of the type. With the probability `rate`, each part of it is a wrong value. */
  #value(type: FieldType, rate: number): unknown {
    return this.#wrongOr(rate, () => this.#rightValue(type, rate));
  }

  #rightValue(type: FieldType, rate: number): unknown {
    if (typeof type === "string") return this.#scalar(type);
    if ("ptr" in type) return this.#value(type.ptr, rate);
    if ("list" in type) return this.#many(() => this.#value(type.list, rate));
    if ("map" in type) return Object.fromEntries(this.#many(() => [this.#pick(TEXTS), this.#value(type.map, rate)]));
    const isSmall = type.fields.length < 8;
    const given = type.fields.filter(
      ({ required, json }) => required || json === "spec" || this.#chance(isSmall ? 0.5 : 0.12),
    );
    const value = Object.fromEntries(given.map((field) => [field.json, this.#value(field.type, rate)]));
    // Pods and containers of this test run nothing.
    if ("command" in value) value["command"] = ["true"];
    // A large number is a valid wish for pods.
    if ("replicas" in value && typeof value["replicas"] === "number")
      value["replicas"] = Math.min(value["replicas"], 3);
    return value;
  }

  #scalar(type: string): unknown {
    if (type === "bool") return this.#chance(0.5);
    if (type.startsWith("int")) return this.#pick([0, 1, 2, 3, 80, 8080]);
    if (type === "quantity") return this.#pick(["100m", "64Mi", "1", "0"]);
    return type === "any" || type === "fieldsV1" ? this.#pick(WRONG) : this.#pick(TEXTS);
  }

  #many<T>(make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#random() * 3) }, make);
  }

  #mutatedBytes(bytes: Buffer): Buffer {
    if (!this.#chance(0.03)) return bytes;
    for (let changes = 0; changes < 3; changes++)
      bytes[Math.floor(this.#random() * bytes.length)] = Math.floor(this.#random() * 256);
    return bytes;
  }

  #wrongOr(rate: number, make: () => unknown): unknown {
    return this.#chance(rate) ? this.#pick(WRONG) : make();
  }

  #chance(rate: number): boolean {
    return this.#random() < rate;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

function structOf({ kind }: Resource): StructType {
  return (knativeStructs.get(kind) ?? internalStructs.get(kind) ?? builtinStructs.get(kind)) as StructType;
}

function pathOf({ group, version, plural, namespaced }: Resource, name: string | undefined): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? `/namespaces/${NAMESPACE}` : ""}/${plural}${name === undefined ? "" : `/${name}`}`;
}
