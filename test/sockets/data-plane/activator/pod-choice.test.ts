import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ingress } from "../../../../src/apis/networking/types.ts";
import { compileRoutingTable } from "../../../../src/data-plane/ingress/routing-table.ts";
import { DataPlane, makeIngress, type RunningPod } from "../../../support/data-plane.ts";
import { eventually } from "../../../support/eventually.ts";

/** Returns an app that responds with its name. */
const named =
  (name: string): RequestListener =>
  (_incoming, reply) =>
    reply.end(name);

describe("the pod that serves a request", () => {
  let plane: DataPlane;

  beforeEach(async () => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
  });
  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
  });

  async function startPods(containerConcurrency: number): Promise<RunningPod[]> {
    const pods: RunningPod[] = [];
    for (const name of ["a", "b", "c"]) {
      pods.push(plane.pod({ name, port: await plane.app(named(name)), containerConcurrency }));
    }
    plane.update({ backends: pods.map((pod) => pod.backend()), containerConcurrency });
    return pods;
  }

  const answers = async (count: number): Promise<string> => {
    let names = "";
    for (let sent = 0; sent < count; sent += 1) names += (await plane.send("/")).body;
    return names;
  };

  test("the first pod with a free slot serves requests up to containerConcurrency 3 (A9, T31)", async () => {
    await startPods(3);
    expect(await answers(6)).toBe("aaaaaa");
  });

  test("pods serve requests in round robin from containerConcurrency 4 (A9, T31)", async () => {
    await startPods(4);
    expect(await answers(7)).toBe("abcabca");
  });

  test("any pod can serve a request without a concurrency limit (A9, T31)", async () => {
    await startPods(0);
    const names = await answers(60);
    for (const name of "abc") expect(names).toContain(name);
  });

  test("a pod whose probe succeeded serves before it is Ready, and is not probed again (A24, P19, P20, P22, T17)", async () => {
    let probes = 0;
    const pod = plane.pod({ name: "a", port: await plane.app(named("a")) });
    const backend = pod.backend(false);
    let listening = false;
    const handle: typeof backend.handle = (exchange) => {
      if (exchange.target === "/healthz") probes += 1;
      return listening ? backend.handle(exchange) : Promise.resolve(exchange.abort("starting"));
    };
    plane.update({ backends: [{ ...backend, handle }] });
    const answer = plane.send("/");
    // The first probe is sent at once, then one every 200 ms.
    await eventually(() => expect(probes).toBeGreaterThanOrEqual(2));
    listening = true;
    expect((await answer).body).toBe("a");
    const probesUntilReady = probes;
    await plane.send("/");
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(probes).toBe(probesUntilReady);
  });
});

describe("the revision that serves a request", () => {
  async function startRevisions(ingress: Ingress): Promise<DataPlane> {
    const plane = await DataPlane.start(ingress);
    for (const revision of ["hello-00001", "hello-00002"]) {
      const port = await plane.app((incoming, reply) => {
        reply.end(JSON.stringify({ revision, headers: incoming.headers }));
      });
      const pod = plane.pod({ name: `${revision}-a`, port, revision });
      plane.update({ backends: [pod.backend()] }, `default/${revision}`);
    }
    return plane;
  }

  test("a split chooses each request's revision by its percentage, and never one with 0 % (I10, I11, T32)", async () => {
    await using plane = await startRevisions(makeIngress({ "hello-00001": 70, "hello-00002": 30, "hello-00003": 0 }));
    let second = 0;
    for (let sent = 0; sent < 1000; sent += 1) {
      const { status, body } = await plane.send("/");
      expect(status).toBe(200);
      if (body.includes('"hello-00002"')) second += 1;
    }
    expect(second).toBeGreaterThan(200);
    expect(second).toBeLessThan(400);
  });

  test("the tag header chooses the revision, and a client cannot forge the default-route header (I9, I12)", async () => {
    await using plane = await startRevisions(makeIngress({ "hello-00001": 100 }));
    plane.gateway.swap(compileRoutingTable([withTag(makeIngress({ "hello-00001": 100 }), "blue", "hello-00002")]));
    const ask = async (tag?: string) => {
      const headers = tag === undefined ? {} : { "Knative-Serving-Tag": tag };
      return JSON.parse((await plane.send("/", { ...headers, "Knative-Serving-Default-Route": "forged" })).body);
    };
    expect((await ask("blue")).revision).toBe("hello-00002");
    const byDefault = await ask();
    expect(byDefault.revision).toBe("hello-00001");
    expect(byDefault.headers["knative-serving-default-route"]).toBe("true");
    expect((await ask("unknown")).revision).toBe("hello-00001");
  });

  test("a revision that the activator does not know gets 404 with its name (A3)", async () => {
    await using plane = await DataPlane.start(makeIngress({ gone: 100 }));
    const { status, headers, body } = await plane.send("/");
    expect([status, headers["x-content-type-options"]]).toEqual([404, "nosniff"]);
    expect(body).toBe('Error getting active endpoint: revision.serving.knative.dev "gone" not found\n');
  });
});

/** Adds the path of a tag before the base path, as the Route controller does with `tag-header-based-routing`. */
function withTag(ingress: Ingress, tag: string, revision: string): Ingress {
  const rules = ingress.spec.rules?.map((rule) => {
    const [base] = rule.http?.paths ?? [];
    if (!base) return rule;
    const tagged = {
      headers: { "Knative-Serving-Tag": { exact: tag } },
      splits: [{ ...base.splits?.[0], serviceName: revision, percent: 100, appendHeaders: {} }],
    };
    const named = { ...base, appendHeaders: { "Knative-Serving-Default-Route": "true" } };
    return { ...rule, http: { paths: [tagged, named] } };
  });
  return { ...ingress, spec: { ...ingress.spec, rules } } as Ingress;
}
