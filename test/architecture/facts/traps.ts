// Traps T1 to T40: frequent mistakes of implementations of Knative's data plane.
import type { FactFamily } from "./fact-family.ts";

export const traps: FactFamily = {
  title: "traps",
  facts: {
    T1: ["queue-proxy.json › timeout/total-sse", "sockets/data-plane/activator/waiting.test.ts › T1,"],
    T2: ["sockets/data-plane/queue-proxy/queue-proxy.test.ts › Q17", "queue-proxy.json › timeout/total-queued"],
    T3: ["sockets/data-plane/activator/waiting.test.ts › T3", "unit/data-plane/activator/activator.test.ts › T3, T4"],
    T4: ["sockets/data-plane/activator/path.test.ts › (T4)"],
    T5: ["validation.json › timeouts/timeout-above-default-adds-response-start"],
    T6: ["queue-proxy.json › timeout/idle-none", "queue-proxy.json › timeout/idle-busy"],
    T7: ["queue-proxy.json › timeout/total-ws", "queue-proxy.json › upgrade/cc1-holds-slot"],
    T8: ["queue-proxy.json › drain/full-late-request", "queue-proxy.json › drain/request"],
    T9: ["queue-proxy.json › drain/wait-cancel"],
    T10: [
      "control-plane.json › create/ready-step-by-step",
      "integration/kubelet.test.ts › the kubelet sends SIGTERM after the requests",
    ],
    T11: [
      "unit/data-plane/activator/activator.test.ts › T11",
      "unit/control-plane/autoscaler/tick.test.ts › counts a request that the activator forwarded once",
    ],
    T12: ["sockets/data-plane/activator/path.test.ts › T12", "queue-proxy.json › breaker/kubelet-bypass"],
    T13: ["queue-proxy.json › probe/kube-none", "queue-proxy.json › probe/plain-queue"],
    T14: ["queue-proxy.json › probe/plain-probe-down", "sockets/data-plane/ingress/ingress-listeners.test.ts › T14"],
    T15: [
      "queue-proxy.json › probe/kube-markup",
      "unit/data-plane/activator/probe-reply.test.ts › is quoted and escaped",
    ],
    T16: [
      "queue-proxy.json › probe/http-200-aggressive",
      "validation.json › probes/readiness-failure-and-timeout-without-period",
    ],
    T17: [
      "sockets/data-plane/activator/pod-choice.test.ts › T17",
      "unit/data-plane/activator/pod-prober.test.ts › an unready pod with an exec readiness",
    ],
    T18: ["queue-proxy.json › probe/tcp-up-period", "queue-proxy.json › probe/tcp-down-period"],
    T19: ["unit/control-plane/reconciler/revisions.test.ts › queue-proxy gets %s"],
    T20: [
      "sockets/data-plane/probe/probe.test.ts › with the queue-proxy's own headers",
      "queue-proxy.json › probe/http-301",
    ],
    T21: [
      "contract/forwarder-flow-checks.ts › Q33 a response of known length",
      "contract/forwarder-flow-checks.ts › Q38 the response waits",
    ],
    T22: [
      "queue-proxy.json › headers/plain",
      "queue-proxy.json › response/date",
      "queue-proxy.json › http10/keep-alive",
    ],
    T23: ["sockets/data-plane/activator/path.test.ts › T23", "queue-proxy.json › headers/plain"],
    T24: ["sockets/data-plane/activator/path.test.ts › T24", "queue-proxy.json › h2/get"],
    T25: ["contract/forwarder-message-checks.ts › the final status is kept"],
    T26: ["queue-proxy.json › errors/refused"],
    T27: [
      "unit/control-plane/reconciler/serverless-service.test.ts › the public Endpoints have the right backends",
      "unit/data-plane/activator/activator.test.ts › T27",
    ],
    T28: [
      "sockets/data-plane/activator/switches.test.ts › T28",
      "unit/control-plane/autoscaler/decide.test.ts › computes the excess burst capacity",
    ],
    T29: [
      "sockets/data-plane/activator/path.test.ts › T29",
      "simulation/load.test.ts › the last pod stops only after the activator",
    ],
    T30: [
      "unit/data-plane/activator/activator.test.ts › (A18, A19, T30)",
      "unit/data-plane/activator/activator.test.ts › (A19, T30)",
    ],
    T31: ["sockets/data-plane/activator/pod-choice.test.ts › T31"],
    T32: [
      "sockets/data-plane/activator/pod-choice.test.ts › T32",
      "unit/data-plane/ingress/routing-table.test.ts › T32",
    ],
    T33: ["unit/data-plane/ingress/routing-table.test.ts › T33"],
    T34: ["sockets/data-plane/activator/path.test.ts › T34"],
    T35: [
      "unit/control-plane/reconciler/route.test.ts › a rollout moves a share of one percent",
      "control-plane.json › rollout/ingress-slow",
    ],
    T36: [
      "sockets/data-plane/activator/path.test.ts › (I13, T36)",
      "sockets/data-plane/activator/path.test.ts › T7, T36",
    ],
    T37: ["sockets/data-plane/queue-proxy/queue-proxy.test.ts › T37", "queue-proxy.json › stats/idle"],
    T38: ["sockets/data-plane/activator/waiting.test.ts › T38"],
    T39: ["sockets/data-plane/activator/waiting.test.ts › T39", "contract/forwarder-flow-checks.ts › T39"],
    T40: ["control-plane.json › create/init-container"],
  },
};
