import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Pod } from "../../../../src/apis/core/types.ts";
import { monotonicClock } from "../../../../src/base/monotonic-clock.ts";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { readPodQueueProxy } from "../../../../src/data-plane/queue-proxy/pod-config.ts";
import { QueueProxy } from "../../../../src/data-plane/queue-proxy/queue-proxy.ts";
import { DataPlane, makeIngress } from "../../../support/data-plane.ts";

const DEFAULT_ENV = { REVISION_TIMEOUT_SECONDS: "300", USER_PORT: "8080", SERVING_REVISION: "hello-00001" };
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("a queue-proxy configured by its pod's environment", () => {
  let plane: DataPlane;
  let queueProxy: QueueProxy;
  const lines: string[] = [];

  /** Starts the request path to an app on `port`, with the queue-proxy that the environment configures. */
  async function start(port: number, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const read = readPodQueueProxy(makePod({ ...DEFAULT_ENV, ...env }));
    if (!read) throw new Error("the pod has a queue-proxy");
    const { config, requestLogTemplate, logsProbes } = read;
    queueProxy = new QueueProxy({
      config: {
        ...config,
        identity: { ...config.identity, podIP: "10.0.1.1" },
        requestLog: { template: requestLogTemplate, probes: logsProbes, write: (line) => lines.push(line) },
      },
      upstream: { host: "127.0.0.1", port },
      forwarders: nodeForwarder,
      clock: monotonicClock,
    });
    const backend = { pod: "a", address: "a:8012", handle: queueProxy.handle, ready: true };
    plane.update({ backends: [backend], mode: "Serve" });
  }

  const open = async (): Promise<DataPlane> => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
    return plane;
  };

  afterEach(async () => {
    lines.length = 0;
    await plane[Symbol.asyncDispose]();
    await queueProxy.close();
  });

  test("the queue-proxy limits concurrency and duration of requests (Q6, Q13, Q17, Q19)", async () => {
    await open();
    const port = await plane.app(() => {});
    await start(port, { CONTAINER_CONCURRENCY: "1", REVISION_TIMEOUT_SECONDS: "1" });
    const pending = Array.from({ length: 12 }, () => plane.send("/"));
    const answers = (await Promise.all(pending)).map(({ status, body }) => `${status} ${body}`);
    expect(answers.sort()).toEqual(["503 pending request queue full\n", ...Array(11).fill("504 request timeout")]);
  });

  test("the user's metrics count requests under Knative's names, and are empty unless enabled (Q44, Q45, T37)", async () => {
    await open();
    const port = await plane.app((incoming, reply) => reply.writeHead(incoming.url === "/no" ? 404 : 200).end("ok"));
    await start(port, { OBSERVABILITY_CONFIG: '{"requestMetrics":{"protocol":"prometheus"}}' });
    await plane.send("/");
    await plane.send("/no");
    await plane.send("/healthz", { "User-Agent": "kube-probe/1.30", "K-Network-Probe": "queue" });
    const text = queueProxy.metricsText();
    for (const status of [200, 404]) {
      expect(text).toMatch(
        new RegExp(
          `^kn_serving_invocation_duration_seconds_count\\{http_response_status_code="${status}",.*\\} 1$`,
          "m",
        ),
      );
    }
    expect(text).toMatch(/^http_server_request_duration_seconds_count\{.*kn_route_tag="kn:disabled".*\} 1$/m);
    await queueProxy.close();
    await start(port);
    await plane.send("/");
    expect(queueProxy.metricsText()).toBe("");
  });

  test("metrics count bodies as sent, and an aborted response as a panic (Q44, Q49)", async () => {
    await open();
    const port = await plane.app((incoming, reply) => {
      incoming.resume().on("end", () => {
        reply.writeHead(200, { "Content-Length": "10" });
        if (incoming.url === "/broken") reply.write("half", () => reply.destroy());
        else reply.end("0123456789");
      });
    });
    const observability = {
      requestMetrics: { protocol: "prometheus" },
      enableRequestLog: true,
      requestLogTemplate: "{{.Response.Code}} {{.Response.Size}}",
    };
    await start(port, { OBSERVABILITY_CONFIG: JSON.stringify(observability) });
    await plane.send("/", { "Transfer-Encoding": "chunked" }, "x".repeat(3000));
    await expect(plane.send("/broken")).rejects.toThrow();
    const text = queueProxy.metricsText();
    const lineOf = (name: string): string[] => text.split("\n").filter((line) => line.startsWith(`${name}{`));
    expect(lineOf("http_server_request_body_size_bytes_sum").map((line) => line.split(" ").at(-1))).toEqual(["3000"]);
    expect(lineOf("http_server_response_body_size_bytes_sum").map((line) => line.split(" ").at(-1))).toEqual(["10"]);
    expect(lineOf("kn_serving_invocation_duration_seconds_count")).toMatchObject([
      expect.stringMatching(/_status_code="200".* 1$/),
      expect.stringMatching(/_status_code="500".* 1$/),
    ]);
    expect(lines).toEqual(["200 10\n", "500 0\n"]);
  });

  test("the request log has one line per request, and none for probes (Q48, Q49)", async () => {
    await open();
    const logging = {
      enableRequestLog: true,
      requestLogTemplate:
        "{{.Request.Method}} {{.Request.RequestURI}} {{.Response.Code}} {{.Response.Size}} {{.TraceID}}",
    };
    const port = await plane.app((_incoming, reply) => reply.writeHead(202).end("hello"));
    await start(port, { OBSERVABILITY_CONFIG: JSON.stringify(logging) });
    await plane.send("/a?b", { traceparent: TRACE });
    await plane.send("/healthz", { "User-Agent": "kube-probe/1.30", "K-Network-Probe": "queue" });
    expect(lines).toEqual(["GET /a?b 202 5 0af7651916cd43dd8448eb211c80319c\n"]);
  });

  test("trace headers are relayed unchanged and never added (Q47)", async () => {
    await open();
    const port = await plane.app((incoming, reply) => reply.end(JSON.stringify(incoming.headers)));
    await start(port);
    const sent = { traceparent: TRACE, tracestate: "a=1", "x-b3-traceid": "463ac35c9f6413ad" };
    expect(JSON.parse((await plane.send("/", sent)).body)).toMatchObject(sent);
    const { traceparent, baggage } = JSON.parse((await plane.send("/")).body);
    expect([traceparent, baggage]).toEqual([undefined, undefined]);
  });

  test("the queue-proxy dials again when a connection takes too long (Q30)", async () => {
    await open();
    const app = await StoppedApp.start();
    try {
      await start(app.port);
      const answer = plane.send("/");
      await new Promise((resolve) => setTimeout(resolve, 400));
      app.resume();
      expect((await answer).body).toBe("awake");
    } finally {
      app.end();
    }
  });
});

/** A stopped process with a full accept queue: new connections get no response. */
class StoppedApp {
  readonly port: number;
  readonly #end: () => void;
  readonly #resume: () => void;

  private constructor(port: number, resume: () => void, end: () => void) {
    this.port = port;
    this.#resume = resume;
    this.#end = end;
  }

  static async start(): Promise<StoppedApp> {
    const code = `const s = require("http").createServer((q, r) => r.end("awake"));
      s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port));`;
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const [text] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(text.toString());
    child.kill("SIGSTOP");
    const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!fillers.at(-1)?.connecting) throw new Error("the app's accept queue is not full");
    const end = (): void => {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
    };
    return new StoppedApp(port, () => void child.kill("SIGCONT"), end);
  }

  resume(): void {
    this.#resume();
  }

  end(): void {
    this.#end();
  }
}

function makePod(env: Readonly<Record<string, string>>): Pod {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "hello-00001-a", namespace: "default" },
    spec: { containers: [{ name: "user-container" }, { name: "queue-proxy", env: variables }] },
  } as unknown as Pod;
}
