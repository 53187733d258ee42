import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ingressHash } from "../../../../src/apis/networking/hosts.ts";
import type { Ingress, IngressRule } from "../../../../src/apis/networking/types.ts";
import type { CompiledIngress } from "../../../../src/data-plane/ingress/ingress-table.ts";
import { pickSplit } from "../../../../src/data-plane/ingress/path-table.ts";
import { compileRoutingTable, type RouteRequest } from "../../../../src/data-plane/ingress/routing-table.ts";

const examples = JSON.parse(readFileSync("test/golden/data/api-examples.json", "utf8")) as Record<
  string,
  { readonly ingress?: Ingress } & Ingress
>;
/** Returns an Ingress exactly as Knative's Route controller makes it. */
const recorded = (name: string): Ingress => {
  const example = examples[name];
  if (!example) throw new Error(`no example ${name}`);
  return example.ingress ?? example;
};
const ingress = (
  name: string,
  rules: readonly IngressRule[],
  httpOption: "Enabled" | "Redirected" = "Enabled",
): Ingress => ({
  apiVersion: "networking.internal.knative.dev/v1alpha1",
  kind: "Ingress",
  metadata: { name, namespace: "default" },
  spec: { rules, httpOption },
});
const split = (serviceName: string, percent: number, servicePort = 80) => ({
  serviceNamespace: "default",
  serviceName,
  servicePort,
  percent,
});
const request = (host: string, more: Partial<RouteRequest> = {}): RouteRequest => ({
  host,
  target: "/",
  headers: [],
  listener: "public",
  ...more,
});
const revisions = (match: ReturnType<ReturnType<typeof compileRoutingTable>["match"]>): unknown =>
  match?.kind === "path" ? match.path.splits.map((ingress) => [ingress.revision, ingress.weight]) : match;

describe("compileRoutingTable", () => {
  it("the table has all other Ingresses if one cannot be compiled, and names that one (11 A1)", () => {
    const good = ingress("good", [
      { hosts: ["a.example.com"], visibility: "ExternalIP", http: { paths: [{ splits: [split("a-1", 100)] }] } },
    ]);
    const { spec, ...bad } = ingress("bad", []);
    const table = compileRoutingTable([bad as Ingress, ingress("null", [null as never]), good], {
      known: new WeakMap(),
    });
    expect(revisions(table.match(request("a.example.com")))).toEqual([["default/a-1", 100]]);
    expect(table.failures.map((failure) => failure.ingress)).toEqual(["default/bad", "default/null"]);
  });

  it("public hosts are served at every listener, cluster-local names only at the local one (I3, I4, I7, I14, T33)", () => {
    const table = compileRoutingTable([recorded("route/split-and-tags")]);
    const hello = [
      ["default/hello-00001", 10],
      ["default/hello-00002", 90],
    ];
    const served = (host: string, listener: RouteRequest["listener"]) => {
      const found = revisions(table.match(request(host, { listener })));
      return Array.isArray(found) ? [...found].sort() : found;
    };
    for (const listener of ["public", "tls", "local"] as const)
      expect(served("hello.default.example.com", listener)).toEqual(hello);
    for (const host of ["hello.default", "hello.default.svc", "hello.default.svc.cluster.local"]) {
      expect(served(host, "local")).toEqual(hello);
      expect(served(host, "public")).toBeUndefined();
      expect(served(host, "tls")).toBeUndefined();
    }
    expect(served("hello", "local")).toBeUndefined();
    expect(served("nobody.example.com", "public")).toBeUndefined();
  });

  it("a tag host has its revision, also if the default split does not contain it (I10, T32)", () => {
    const table = compileRoutingTable([recorded("route/one-tag-local")]);
    const local = request("old-hello.default", { listener: "local" });
    expect(revisions(table.match(local))).toEqual([["default/hello-00001", 100]]);
    expect(revisions(table.match(request("hello.default.example.com")))).toEqual([["default/hello-00002", 100]]);
  });

  it("a host is found in any letter case, with any port, and with a trailing dot", () => {
    const table = compileRoutingTable([recorded("route/latest")]);
    for (const host of [
      "HELLO.default.Example.com",
      "hello.default.example.com:8080",
      "hello.default.example.com.:80",
    ]) {
      expect(revisions(table.match(request(host))), host).toEqual([["default/hello-00002", 100]]);
    }
    for (const host of ["", ":80", ".", "hello.default.example.com@evil", " hello.default.example.com"]) {
      expect(table.match(request(host)), host).toBeUndefined();
    }
  });

  it("a request is routed by an exact tag header first, and by the default split otherwise (I12)", () => {
    const table = compileRoutingTable([recorded("route/split-and-tags-header-routing")]);
    const by = (...headers: string[]) => {
      const match = table.match(request("hello.default.example.com", { headers }));
      return match?.kind === "path" ? match.path : undefined;
    };
    expect(revisions({ kind: "path", path: by("knative-serving-tag", "old")! })).toEqual([
      ["default/hello-00001", 100],
    ]);
    const headersOf = (path: ReturnType<typeof by>) => path?.splits[0]?.headers.map((header) => header.name);
    expect(headersOf(by("Knative-Serving-Tag", "old"))).not.toContain("Knative-Serving-Default-Route");
    for (const other of [
      by(),
      by("Knative-Serving-Tag", "nobody"),
      by("Knative-Serving-Tag", ""),
      by("Knative-Serving-Tag", "OLD"),
    ]) {
      expect(other?.splits).toHaveLength(2);
      expect(headersOf(other)).toContain("Knative-Serving-Default-Route");
    }
  });

  it("the Service port determines the revision's protocol (I8)", () => {
    const table = compileRoutingTable([recorded("route/h2c-revision")]);
    const match = table.match(request("hello.default.example.com"));
    expect(match?.kind === "path" && match.path.splits[0]?.protocol).toBe("h2c");
  });

  it("longer path prefixes are tried first and matched literally (I13)", () => {
    const paths = ["/foo", "", "/foo/bar"].map((path) => ({
      path,
      splits: [split(`r${path.replaceAll("/", "-")}`, 100)],
    }));
    const table = compileRoutingTable([ingress("hello", [{ hosts: ["a.example"], http: { paths } }])]);
    const to = (target: string) => {
      const match = table.match(request("a.example", { target }));
      return match?.kind === "path" ? match.path.splits[0]?.revision : undefined;
    };
    expect(to("/foo/bar?x")).toBe("default/r-foo-bar");
    expect(to("/foobar")).toBe("default/r-foo");
    expect(to("/Foo")).toBe("default/r");
    expect(to("/?/foo")).toBe("default/r");
    expect(to("*")).toBe("default/r");
  });

  it("a mapped domain is rewritten to the Service's local name, with the domain in K-Original-Host (I29, T34)", () => {
    const table = compileRoutingTable([recorded("domainMapping/ingress"), recorded("route/latest")]);
    const match = table.match(request("www.example.com"));
    expect(match?.kind === "path" && match.path).toMatchObject({
      rewriteHost: "hello.default.svc.cluster.local",
      splits: [{ headers: [{ name: "K-Original-Host", value: "www.example.com" }] }],
    });
    expect(table.services.map((entry) => entry.service)).toEqual(["default/hello"]);
    expect(table.publicHosts).toEqual(["www.example.com", "hello.default.example.com"]);
  });

  it("only public plain HTTP is redirected to https (I27)", () => {
    const { spec } = recorded("route/latest");
    const table = compileRoutingTable([ingress("hello", spec.rules ?? [], "Redirected")], { httpsPort: 8443 });
    const at = (listener: RouteRequest["listener"], host: string) =>
      table.match(request(host, { listener, target: "/a?b" }));
    expect(at("public", "hello.default.example.com:8080")).toEqual({
      kind: "redirect",
      location: "https://hello.default.example.com:8443/a?b",
    });
    expect(at("tls", "hello.default.example.com")?.kind).toBe("path");
    expect(at("local", "hello.default.svc")?.kind).toBe("path");
  });

  it("a host belongs to the first Ingress that names it, and the other one is reported (I14)", () => {
    const rule = { hosts: ["a.example"], http: { paths: [{ splits: [split("one", 100)] }] } };
    const other = { hosts: ["a.example", "b.example"], http: { paths: [{ splits: [split("two", 100)] }] } };
    const table = compileRoutingTable([ingress("first", [rule]), ingress("second", [other])]);
    expect(revisions(table.match(request("a.example")))).toEqual([["default/one", 100]]);
    expect(revisions(table.match(request("b.example")))).toEqual([["default/two", 100]]);
    expect(table.conflicts).toEqual([{ host: "a.example", ingress: "default/second" }]);
  });

  it("this machine's names reach the only public Service, and the app sees its own host name", () => {
    const table = compileRoutingTable([recorded("route/latest"), recorded("domainMapping/ingress")]);
    for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"]) {
      const match = table.match(request(host));
      expect(revisions(match), host).toEqual([["default/hello-00002", 100]]);
      expect(match?.kind === "path" && match.host, host).toBe("hello.default.example.com");
    }
    expect(table.match(request("localhost", { listener: "local" }))).toBeUndefined();
  });

  it("this machine's names list the public Services if there are several or none", () => {
    const second = ingress("other", [
      { hosts: ["other.default"], visibility: "ClusterLocal", http: { paths: [] } },
      { hosts: ["other.default.example.com"], visibility: "ExternalIP", http: { paths: [] } },
    ]);
    const table = compileRoutingTable([recorded("route/latest"), second]);
    expect(table.match(request("localhost"))).toMatchObject({
      kind: "index",
      services: [{ host: "hello.default.example.com" }, { host: "other.default.example.com" }],
    });
    expect(compileRoutingTable([]).match(request("localhost"))).toEqual({ kind: "index", services: [] });
    const hidden = compileRoutingTable([recorded("route/cluster-local")]);
    expect(hidden.match(request("localhost"))).toEqual({ kind: "index", services: [] });
  });

  it("a Service is found by name for any Host, also a cluster-local one", () => {
    const table = compileRoutingTable([recorded("route/cluster-local")]);
    const match = table.matchService("default/hello", request("127.0.0.1:41001"));
    expect(revisions(match)).toEqual([["default/hello-00002", 100]]);
    expect(match?.kind === "path" && match.host).toBe("hello.default.svc.cluster.local");
    expect(table.matchService("default/nobody", request("127.0.0.1:41001"))).toBeUndefined();
  });

  it("the table has a version of each Ingress, which changes with its spec (I16)", () => {
    const ingress = recorded("route/latest");
    const match = compileRoutingTable([ingress]).match(request("hello.default.example.com"));
    expect(match?.kind === "path" && match.path.hash).toBe(ingressHash(ingress));
    expect(ingressHash({ ...ingress, spec: { ...ingress.spec, httpOption: "Redirected" } })).not.toBe(
      ingressHash(ingress),
    );
    expect(ingressHash({ ...ingress, metadata: { ...ingress.metadata, resourceVersion: "9" } })).toBe(
      ingressHash(ingress),
    );
  });
});

describe("compileRoutingTable with a previous table", () => {
  it("an Ingress is compiled again only if its spec is another object", () => {
    const known = new WeakMap<Ingress["spec"], CompiledIngress>();
    const pathOf = (ingress: Ingress) => {
      const match = compileRoutingTable([ingress], { known }).match(request("hello.default.example.com"));
      return match?.kind === "path" ? match.path : undefined;
    };
    const ingress = recorded("route/latest");
    const first = pathOf(ingress);
    expect(pathOf({ ...ingress, status: {} })).toBe(first);
    expect(pathOf({ ...ingress, spec: { ...ingress.spec } })).not.toBe(first);
  });
});

describe("pickSplit (I11)", () => {
  const table = compileRoutingTable([
    ingress("hello", [
      { hosts: ["a.example"], http: { paths: [{ splits: [split("a", 90), split("b", 10), split("none", 0)] }] } },
    ]),
  ]);
  const match = table.match(request("a.example"));
  const path = match?.kind === "path" ? match.path : undefined;

  it("a split shares requests by weight, and a revision with 0 % gets none", () => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 1000; i += 1) {
      const { revision = "" } = pickSplit(path!, i / 1000) ?? {};
      counts[revision] = (counts[revision] ?? 0) + 1;
    }
    expect(counts).toEqual({ "default/a": 900, "default/b": 100 });
  });

  it("a split chooses a revision for the smallest and largest random number", () => {
    expect(pickSplit(path!, 0)?.revision).toBe("default/a");
    expect(pickSplit(path!, 1 - Number.EPSILON / 2)?.revision).toBe("default/b");
  });
});
