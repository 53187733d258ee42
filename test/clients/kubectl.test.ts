// Tests the API with the kubectl on PATH, of any version. All tests are skipped if there is no kubectl.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKubeconfig } from "../../src/client/kubeconfig.ts";
import { makeReply, sendReply } from "../../src/data-plane/http/errors.ts";
import { type ApiRig, ksvc, startApi } from "../support/api.ts";

const KSVC = "Service.serving.knative.dev" as const;

/** Returns the minor version of the kubectl on PATH, undefined if there is none. */
function findKubectl(): number | undefined {
  try {
    const text = execFileSync("kubectl", ["version", "--client", "-o", "json"], { encoding: "utf8", stdio: "pipe" });
    const { clientVersion } = JSON.parse(text) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10);
  } catch {
    return undefined;
  }
}
const minor = findKubectl();
/** Before 1.29 kubectl validates by itself with an OpenAPI v2 document, which knap does not serve. */
const validate = minor !== undefined && minor >= 29 ? [] : ["--validate=false"];

describe.skipIf(minor === undefined)("kubectl (needs kubectl on PATH)", () => {
  let api: ApiRig;
  let home: string;
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const env = { PATH: process.env["PATH"], HOME: home, KUBECONFIG: join(home, "config") };
    const { stdout } = await promisify(execFile)("kubectl", args, { env, timeout: 30_000 });
    return stdout.trim();
  };
  const write = (name: string, object: unknown): string => {
    writeFileSync(join(home, name), JSON.stringify(object));
    return join(home, name);
  };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "knap-kubectl-"));
    api = await startApi({
      scheme: "https",
      logs: async function* (pod, { container, tail }) {
        yield `${pod.metadata.name} ${container} ${tail ?? "all"}`;
      },
      ports: (_pod, port) => async (exchange) => {
        if (port !== 9091) return "EOF";
        sendReply(exchange, makeReply(200, `metrics at ${exchange.target}\n`));
        return undefined;
      },
    });
    writeFileSync(join(home, "config"), makeKubeconfig(api, "default"));
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });

  it("kubectl apply reports created, unchanged and configured", async () => {
    const file = write("hello.json", ksvc("hello", "example.com/hello:v1"));
    expect(await kubectl("apply", ...validate, "-f", file)).toBe("service.serving.knative.dev/hello created");
    expect(await kubectl("apply", ...validate, "-f", file)).toBe("service.serving.knative.dev/hello unchanged");
    write("hello.json", ksvc("hello", "example.com/hello:v2"));
    expect(await kubectl("apply", ...validate, "-f", file)).toBe("service.serving.knative.dev/hello configured");
    expect(api.store.get(KSVC, "default", "hello")?.metadata.generation).toBe(2);
  });

  const serverSide = async (...args: readonly string[]): Promise<string> =>
    kubectl("apply", "--server-side", ...validate, "-f", join(home, "ssa.json"), ...args);
  const managers = async (): Promise<string> =>
    kubectl("get", "ksvc", "ssa", "-o", "jsonpath={.metadata.managedFields[*].manager}");

  it("kubectl apply --server-side creates, changes nothing, conflicts and takes over", async () => {
    write("ssa.json", ksvc("ssa", "example.com/hello:v1"));
    const done = "service.serving.knative.dev/ssa serverside-applied";
    expect([await serverSide(), await serverSide()]).toEqual([done, done]);
    const before = api.store.get(KSVC, "default", "ssa")?.metadata.resourceVersion;
    expect(await serverSide()).toBe(done);
    expect(api.store.get(KSVC, "default", "ssa")?.metadata.resourceVersion).toBe(before);
    write("ssa.json", ksvc("ssa", "example.com/hello:v2"));
    await expect(serverSide("--field-manager=bob")).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /^error: Apply failed with 1 conflict: conflict with "kubectl": .spec.template.spec.containers\nPlease review/,
      ),
    });
    expect(await serverSide("--field-manager=bob", "--force-conflicts")).toBe(done);
    expect(await managers()).toBe("bob");
    await kubectl("delete", "ksvc", "ssa");
  });

  it("kubectl apply --server-side takes over from client-side apply, and back", async () => {
    write("ssa.json", ksvc("ssa", "example.com/hello:v1"));
    const clientSide = () => kubectl("apply", ...validate, "-f", join(home, "ssa.json"));
    await clientSide();
    expect(await managers()).toBe("kubectl-client-side-apply");
    await serverSide();
    expect(await managers()).toBe("kubectl kubectl-last-applied");
    write("ssa.json", ksvc("ssa", "example.com/hello:v2"));
    await serverSide();
    write("ssa.json", ksvc("ssa", "example.com/hello:v1"));
    expect(await clientSide()).toBe("service.serving.knative.dev/ssa configured");
    expect(await managers()).toBe("kubectl-client-side-apply");
    await kubectl("delete", "ksvc", "ssa");
  });

  it("kubectl apply --server-side names an unknown field, and kubectl diff --server-side shows changes", async () => {
    const object = ksvc("ssa", "example.com/hello:v1");
    write("ssa.json", { ...object, spec: { ...object.spec, bogus: 1 } });
    await expect(serverSide()).rejects.toMatchObject({
      stderr: expect.stringContaining(".spec.bogus: field not declared in schema"),
    });
    write("ssa.json", object);
    await serverSide();
    const diff = (): Promise<string> => kubectl("diff", "--server-side", "-f", join(home, "ssa.json"));
    expect(await diff()).toBe("");
    write("ssa.json", ksvc("ssa", "example.com/hello:v2"));
    await expect(diff()).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining("hello:v2") });
    await kubectl("delete", "ksvc", "ssa");
  });

  it("kubectl get prints columns, YAML and categories; kubectl wait sees a condition", async () => {
    const key = { kind: KSVC, namespace: "default", name: "hello" } as const;
    const waiting = kubectl("wait", "--for=condition=Ready", "ksvc/hello", "--timeout=10s");
    const status = { url: "http://hello.default.example.com", latestCreatedRevisionName: "hello-00002" };
    await new Promise((resolve) => setTimeout(resolve, 300));
    api.store.writeStatus(key, { ...status, conditions: [{ type: "Ready", status: "True" }] });
    expect(await waiting).toBe("service.serving.knative.dev/hello condition met");
    const [head, row] = (await kubectl("get", "ksvc")).split("\n").map((line) => line.split(/\s+/));
    expect(head).toEqual(["NAME", "URL", "LATESTCREATED", "LATESTREADY", "READY", "REASON"]);
    expect(row).toEqual(["hello", "http://hello.default.example.com", "hello-00002", "True"]);
    expect(await kubectl("get", "ksvc", "hello", "-o", "wide")).toContain("hello-00002");
    expect(await kubectl("get", "ksvc", "hello", "-o", "yaml")).toMatch(/^apiVersion: serving.knative.dev\/v1/);
    expect(await kubectl("get", "knative", "-A", "-o", "name")).toBe("service.serving.knative.dev/hello");
    expect(await kubectl("describe", "ksvc", "hello")).toMatch(/Kind:\s+Service/);
  });

  it("kubectl creates and patches built-in kinds with protobuf and strategic merge", async () => {
    expect(await kubectl("create", "configmap", "settings", "--from-literal=colour=blue")).toBe(
      "configmap/settings created",
    );
    expect(await kubectl("get", "configmap", "settings", "-o", "jsonpath={.data}")).toBe('{"colour":"blue"}');
    const service = (...ports: readonly number[]) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "gate" },
      spec: { ports: ports.map((port) => ({ name: `p${port}`, port })) },
    });
    const apply = async (...ports: readonly number[]): Promise<string> => {
      await kubectl("apply", ...validate, "-f", write("gate.json", service(...ports)));
      return kubectl("get", "svc", "gate", "-o", "jsonpath={.spec.ports[*].port}");
    };
    expect([await apply(80, 81), await apply(81, 82)]).toEqual(["80 81", "81 82"]);
    await kubectl("create", "serviceaccount", "robot");
    await kubectl("patch", "serviceaccount", "robot", "-p", '{"imagePullSecrets":[{"name":"registry"}]}');
    expect(await kubectl("get", "sa", "robot", "-o", "jsonpath={.imagePullSecrets[*].name}")).toBe("registry");
    expect(await kubectl("delete", "svc/gate", "sa/robot", "cm/settings")).toContain('"robot" deleted');
  });

  it.skipIf(minor !== undefined && minor < 29)("kubectl explain describes fields (needs kubectl 1.29)", async () => {
    const explained = await kubectl("explain", "ksvc.spec.template.spec.containers.livenessProbe.httpGet");
    expect(explained).toMatch(/FIELD: httpGet <Object>/);
    expect(explained).toMatch(/httpHeaders\t<\[\]Object>/);
    expect(await kubectl("explain", "ksvc.spec.traffic.percent")).toContain("from 0 to 100");
  });

  it("kubectl sets labels, patches, and selects by label", async () => {
    await kubectl("label", "ksvc", "hello", "team=a");
    await kubectl("patch", "ksvc", "hello", "--type=merge", "-p", '{"metadata":{"annotations":{"x":"y"}}}');
    expect(
      await kubectl("get", "ksvc", "-l", "team in (a,b)", "-o", "jsonpath={.items[*].metadata.annotations.x}"),
    ).toBe("y");
    expect(await kubectl("get", "ksvc", "-l", "team=c", "-o", "name")).toBe("");
  });

  it("kubectl logs prints logs of a pod", async () => {
    const spec = { containers: [{ name: "user-container", image: "x" }] };
    api.store.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" }, spec } as never);
    expect(await kubectl("logs", "p", "--tail=3")).toBe("p user-container 3");
  });

  const METRICS = "/api/v1/namespaces/default/pods/p:9091/proxy/metrics";

  it("kubectl get --raw reaches a port of a pod", async () => {
    api.store.writeStatus({ kind: "Pod", namespace: "default", name: "p" }, { podIP: "10.0.0.7" });
    const raw = (path: string): Promise<string> => kubectl("get", "--raw", path);
    expect(await raw(METRICS)).toBe("metrics at /metrics");
    await expect(raw(METRICS.replace("9091", "8022"))).rejects.toMatchObject({
      stderr: "Error from server (ServiceUnavailable): error trying to reach service: EOF\n",
    });
    await expect(kubectl("--token=wrong", "get", "--raw", METRICS)).rejects.toMatchObject({
      stderr: "error: You must be logged in to the server (Unauthorized)\n",
    });
  });

  it("kubectl proxy relays requests to a port of a pod", async () => {
    const env = { PATH: process.env["PATH"], HOME: home, KUBECONFIG: join(home, "config") };
    const proxy = spawn("kubectl", ["proxy", "--port=0"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [output] = (await once(proxy.stdout, "data")) as [Buffer];
      const address = /127\.0\.0\.1:\d+/.exec(output.toString())?.[0];
      expect(await (await fetch(`http://${address}${METRICS}?x`)).text()).toBe("metrics at /metrics?x\n");
    } finally {
      proxy.kill();
    }
  });

  it("kubectl scale, auth, rollout history, drain and get of derived kinds work", async () => {
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { replicas: 1, selector: { matchLabels: { app: "web" } }, template };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
    await kubectl("apply", ...validate, "-f", write("web.json", deployment));
    expect(await kubectl("scale", "deployment/web", "--replicas=3")).toBe("deployment.apps/web scaled");
    expect(api.store.get("Deployment.apps", "default", "web")?.spec.replicas).toBe(3);
    expect((await kubectl("get", "rs")).split("\n").map((line) => line.split(/\s+/).slice(0, 4))).toEqual([
      ["NAME", "DESIRED", "CURRENT", "READY"],
      [expect.stringMatching(/^web-/), "3", "0", "0"],
    ]);
    expect(await kubectl("rollout", "history", "deployment/web")).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>/);
    expect(await kubectl("auth", "can-i", "delete", "pods")).toBe("yes");
    expect(await kubectl("auth", "whoami")).toContain("kubernetes-admin");
    const address = { ip: "10.0.0.1" };
    const subsets = [{ addresses: [address], ports: [{ name: "http", port: 8012 }] }];
    await kubectl(
      "apply",
      ...validate,
      "-f",
      write("ep.json", { apiVersion: "v1", kind: "Endpoints", metadata: { name: "web" }, subsets }),
    );
    expect(await kubectl("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "--no-headers")).toMatch(
      /^web-\w{5} +IPv4 +8012 +10\.0\.0\.1 /,
    );
    await kubectl("delete", "deployment/web", "endpoints/web");
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };
    const pod = { metadata: { name: "evicted", namespace: "default" }, spec: { nodeName: "n1", containers: [] } };
    for (const object of [node, { apiVersion: "v1", kind: "Pod", ...pod }]) api.store.create(object as never);
    expect(await kubectl("drain", "n1", "--force", "--grace-period=0")).toContain("pod/evicted evicted");
    expect(api.store.get("Node", "", "n1")).toMatchObject({ spec: { unschedulable: true } });
    const crd = "customresourcedefinition.apiextensions.k8s.io/services.serving.knative.dev";
    expect(await kubectl("wait", "--for=condition=Established", crd, "--timeout=5s")).toBe(`${crd} condition met`);
  });

  it("kubectl get prints NotFound for a missing object", async () => {
    await expect(kubectl("get", "ksvc", "none")).rejects.toMatchObject({
      stderr: 'Error from server (NotFound): services.serving.knative.dev "none" not found\n',
    });
  });

  it("kubectl delete waits until a finalizer is removed", async () => {
    api.store.patchMerge({ kind: KSVC, namespace: "default", name: "hello" }, { metadata: { finalizers: ["a/b"] } });
    const deleting = kubectl("delete", "ksvc", "hello", "--timeout=10s");
    const deletionTime = () => api.store.get(KSVC, "default", "hello")?.metadata.deletionTimestamp;
    await expect.poll(deletionTime, { timeout: 10_000 }).toBeDefined();
    api.store.patchMerge({ kind: KSVC, namespace: "default", name: "hello" }, { metadata: { finalizers: null } });
    expect(await deleting).toMatch(/^service.serving.knative.dev "hello" deleted/);
  });
});
