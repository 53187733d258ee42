import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/data-plane/activator/backend.ts";
import { compileRoutingTable } from "../../../../src/data-plane/ingress/routing-table.ts";
import { DataPlane, HOST, makeIngress, type RunningPod } from "../../../support/data-plane.ts";

/** KNAP_LOAD=100000 is the acceptance run. */
const REQUESTS = Number(process.env["KNAP_LOAD"] ?? 4000);
const CLIENTS = 16;
const CHANGE_EVERY_MS = 3;

describe("the request path under load", { timeout: 60_000 + 10 * REQUESTS }, () => {
  let plane: DataPlane;
  let agent: Agent;
  let port: number;
  beforeEach(async () => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
    agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    port = await plane.app((incoming, reply) => {
      incoming.resume();
      // Some responses are slow, so that changes happen while requests are in flight.
      if (Math.random() < 0.1) setTimeout(() => reply.end("slow"), 5);
      else reply.end("ok");
    });
  });
  afterEach(async () => {
    agent.destroy();
    await plane[Symbol.asyncDispose]();
  });

  const sendOne = async (): Promise<number> => {
    const outgoing = request({ host: "127.0.0.1", port: plane.listener.port, agent, headers: { Host: HOST } }).end();
    const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
    reply.resume();
    await once(reply, "end");
    return reply.statusCode ?? 0;
  };
  /** Sends all requests while it calls `change` repeatedly. At the end `settle` must provide a pod. */
  const load = async (change: (round: number) => void, settle: () => void): Promise<Map<number | string, number>> => {
    const outcomes = new Map<number | string, number>();
    let left = REQUESTS;
    let round = 0;
    change(round++);
    const changes = setInterval(() => change(round++), CHANGE_EVERY_MS);
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const outcome = await sendOne().catch((error: Error) => error.message);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    // The last requests may wait for a pod that `settle` adds.
    await Promise.race([clients, new Promise((resolve) => setTimeout(resolve, 200 + REQUESTS * 5))]);
    clearInterval(changes);
    settle();
    await clients;
    expect(round).toBeGreaterThan(20);
    return outcomes;
  };
  const allServed = new Map([[200, REQUESTS]]);

  it("no request is lost over switches between Proxy and Serve, with and without pods (S6, T28)", async () => {
    const pods = ["a", "b"].map((name) => plane.pod({ name, port }).backend());
    const change = (round: number) =>
      plane.update({ mode: round % 2 ? "Serve" : "Proxy", backends: round % 5 === 4 ? [] : pods });
    const outcomes = await load(change, () => plane.update({ backends: pods }));
    expect(outcomes).toEqual(allServed);
  });

  it.each([0, 1, 5])(
    "no request is lost while pods scale to zero and back at containerConcurrency %i",
    async (containerConcurrency) => {
      const pods = ["a", "b", "c", "d"].map((name) => plane.pod({ name, port, containerConcurrency }).backend());
      const some = (): Backend[] => pods.filter(() => Math.random() < 0.5);
      const outcomes = await load(
        () => plane.update({ containerConcurrency, backends: some() }),
        () => plane.update({ containerConcurrency, backends: pods }),
      );
      expect(outcomes).toEqual(allServed);
      expect(plane.activator.loadOf("default/hello-00001")).toMatchObject({ waiting: 0, inFlight: 0 });
    },
  );

  it("no request is lost over pods that come unready, become ready, leave and end", async () => {
    let count = 0;
    const alive: { readonly pod: RunningPod; ready: boolean }[] = [];
    const change = (round: number): void => {
      let leaving: RunningPod | undefined;
      if (round % 3 === 0) alive.push({ pod: plane.pod({ name: `p${count++}`, port }), ready: false });
      else if (round % 3 === 1) for (const one of alive) one.ready = true;
      else if (alive.length > 2) leaving = alive.shift()?.pod;
      const backends = alive.map(({ pod, ready }) => pod.backend(ready));
      plane.update({ mode: round % 2 ? "Serve" : "Proxy", backends });
      void leaving?.retire();
    };
    const outcomes = await load(change, () => {});
    expect(outcomes).toEqual(allServed);
    expect(count).toBeGreaterThan(10);
  });

  it("no request is lost over rollouts that swap the routing table and remove the old revision", async () => {
    let newest = 1;
    const pods = new Map<string, RunningPod>();
    const name = (number: number) => `hello-${String(number).padStart(5, "0")}`;
    const begin = (revision: string): void => {
      const pod = plane.pod({ name: `${revision}-pod`, port, revision });
      pods.set(revision, pod);
      plane.update({ backends: [pod.backend()] }, `default/${revision}`);
    };
    begin(name(1));
    const change = (round: number): void => {
      const [old, next] = [name(newest), name(newest + 1)];
      const step = round % 4;
      if (step === 0) begin(next);
      else if (step < 3) {
        const shares: Record<string, number> = step === 1 ? { [old]: 99, [next]: 1 } : { [next]: 100 };
        plane.gateway.swap(compileRoutingTable([makeIngress(shares)]));
      } else {
        plane.activator.forget(`default/${old}`);
        void pods.get(old)?.retire();
        newest += 1;
      }
    };
    const outcomes = await load(change, () => {});
    expect(outcomes).toEqual(allServed);
    expect(newest).toBeGreaterThan(3);
  });
});
