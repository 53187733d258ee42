import { expect, test } from "vitest";
import type { Container } from "../../../src/apis/core/pod-spec.ts";
import { makeQueueProbes } from "../../../src/data-plane/queue-proxy/readiness-spec.ts";

const serving = (readinessProbe: Container["readinessProbe"]): Container =>
  ({ name: "user", image: "i", ...(readinessProbe ? { readinessProbe } : {}) }) as Container;
const probesOf = (container: Container, multiContainer = false, ...others: Container[]) =>
  makeQueueProbes({ containers: [container, ...others], serving: container, userPort: 8080, multiContainer });

test("no probe and no handler mean a TCP probe of the user port", () => {
  expect(probesOf(serving(undefined))).toEqual([{ successThreshold: 1, tcpSocket: { port: 8080 } }]);
  expect(probesOf(serving({ periodSeconds: 5 }))).toEqual([{ periodSeconds: 5, tcpSocket: { port: 8080 } }]);
});

test("a port of the user's own is honoured, a name or none is the user port", () => {
  expect(probesOf(serving({ httpGet: { port: 9000 } }))).toEqual([{ httpGet: { port: 9000 } }]);
  expect(probesOf(serving({ httpGet: { port: "http1", path: "/r" } }))).toEqual([
    { httpGet: { port: 8080, path: "/r" } },
  ]);
  expect(probesOf(serving({ grpc: { service: "s" } }))).toEqual([{ grpc: { service: "s", port: 8080 } }]);
});

test("an exec probe of the serving container becomes a TCP probe, that of a sidecar is left to the kubelet", () => {
  const exec = { exec: { command: ["true"] }, periodSeconds: 3 };
  const sidecars = [
    { name: "a", image: "i", readinessProbe: exec },
    { name: "b", image: "i", readinessProbe: { tcpSocket: { port: 9090 } } },
    { name: "c", image: "i" },
  ] as Container[];
  expect(probesOf(serving(exec), false, ...sidecars)).toEqual([{ periodSeconds: 3, tcpSocket: { port: 8080 } }]);
  expect(probesOf(serving(exec), true, ...sidecars)).toEqual([
    { periodSeconds: 3, tcpSocket: { port: 8080 } },
    { tcpSocket: { port: 9090 } },
  ]);
});
