// Facts P1 to P23 and A1 to A24: recognised probes and their replies, the user's probes, and the activator.
import type { FactFamily } from "./fact-family.ts";

export const probeAndActivatorFacts: readonly FactFamily[] = [
  {
    title: "probes: recognition and replies",
    facts: {
      P1: ["queue-proxy.json › probe/kubelet-header", "queue-proxy.json › probe/kube-ua-suffix"],
      P2: ["queue-proxy.json › probe/activator-suffix", "queue-proxy.json › probe/autoscaling-queue"],
      P3: ["queue-proxy.json › probe/plain-probe-path", "queue-proxy.json › probe/kube-queue-path"],
      P4: ["queue-proxy.json › probe/kube-", "queue-proxy.json › drain/probe"],
      P5: [
        "unit/data-plane/activator/probe-reply.test.ts › (P5,",
        "sockets/data-plane/ingress/ingress-listeners.test.ts › T14",
      ],
      P6: ["unit/data-plane/activator/activator-headers.test.ts › P6"],
      P7: ["sockets/data-plane/activator/path.test.ts › (P7,"],
    },
  },
  {
    title: "probes: from the user's spec to the queue-proxy",
    facts: {
      P8: ["validation.json › probes/readiness-empty-gets-tcp-default", "validation.json › probes/readiness-grpc-"],
      P9: ["validation.json › probes/readiness-failure-threshold-without-period"],
      P10: [
        "unit/control-plane/reconciler/revisions.test.ts › queue-proxy gets %s",
        "integration/documented-example.test.ts › a failing liveness probe restarts only",
      ],
      P11: ["unit/control-plane/reconciler/revisions.test.ts › queue-proxy gets %s"],
      P12: ["control-plane.json › create/ready-step-by-step"],
      P13: [
        "integration/kubelet.test.ts › a container is not ready before its startup probe passes",
        "integration/documented-example.test.ts › gets traffic only when both containers",
      ],
    },
  },
  {
    title: "probes: execution in the queue-proxy",
    facts: {
      P14: ["sockets/data-plane/probe/probe.test.ts › calls during an evaluation share it"],
      P15: ["queue-proxy.json › probe/http-200-aggressive", "queue-proxy.json › probe/tcp-down-period"],
      P16: [
        "sockets/data-plane/probe/probe.test.ts › httpGet is ready from 200 to 399",
        "sockets/data-plane/probe/probe.test.ts › redirects are followed",
      ],
      P17: ["sockets/data-plane/probe/probe.test.ts › with HTTP/2 detection"],
      P18: [
        "sockets/data-plane/probe/probe.test.ts › tcpSocket is ready",
        "sockets/data-plane/probe/probe.test.ts › grpc is ready",
      ],
      P19: ["sockets/data-plane/activator/pod-choice.test.ts › P19"],
    },
  },
  {
    title: "probes: of the activator",
    facts: {
      P20: [
        "unit/data-plane/activator/pod-prober.test.ts › every 200 ms",
        "sockets/data-plane/activator/pod-choice.test.ts › P20",
      ],
      P21: [
        "unit/data-plane/activator/pod-prober.test.ts › P21",
        "unit/data-plane/activator/activator.test.ts › waits for Ready if its probe",
      ],
      P22: [
        "unit/data-plane/activator/pod-prober.test.ts › (P22)",
        "sockets/data-plane/activator/pod-choice.test.ts › P22",
      ],
      P23: ["unit/data-plane/activator/pod-prober.test.ts › a Ready pod is used without a probe"],
    },
  },
  {
    title: "activator: request handling",
    facts: {
      A1: ["unit/data-plane/activator/activator.test.ts › answers probes before it looks for the revision"],
      A2: { absent: "only the gateway calls the activator, and it passes the revision directly" },
      A3: ["sockets/data-plane/activator/pod-choice.test.ts › (A3)"],
      A4: [
        "sockets/data-plane/activator/waiting.test.ts › (A4, T4, T38)",
        "sockets/data-plane/activator/waiting.test.ts › (A4, T1, T4)",
      ],
      A5: [
        "sockets/data-plane/activator/path.test.ts › (A5, T12)",
        "sockets/data-plane/activator/path.test.ts › no request is retried",
      ],
      A6: ["unit/data-plane/activator/activator.test.ts › (A6)"],
      A7: { absent: "knap has no mesh" },
    },
  },
  {
    title: "activator: throttler",
    facts: {
      A8: ["unit/data-plane/activator/activator.test.ts › releases all timers and requests when it closes"],
      A9: [
        "sockets/data-plane/activator/pod-choice.test.ts › in round robin from containerConcurrency",
        "unit/data-plane/activator/assign.test.ts › (A9,",
      ],
      A10: ["sockets/data-plane/activator/waiting.test.ts › A10"],
      A11: ["property/throttler.test.ts › loses no request"],
      A12: [
        "unit/data-plane/activator/throttler.test.ts › (A12, A15)",
        "property/throttler.test.ts › never exceeds the capacity",
      ],
      A13: { absent: "there is one activator, which uses all pods" },
      A14: { absent: "there is one activator" },
      A15: [
        "unit/data-plane/activator/activator.test.ts › (A15)",
        "sockets/data-plane/activator/switches.test.ts › over pods that come unready",
      ],
      A16: { absent: "knap has no ClusterIP mode" },
    },
  },
  {
    title: "activator: waiting and statistics",
    facts: {
      A17: ["unit/data-plane/activator/activator.test.ts › A17", "sockets/data-plane/activator/waiting.test.ts › T38"],
      A18: [
        "sockets/data-plane/activator/waiting.test.ts › (A18, A24)",
        "unit/control-plane/autoscaler/tick.test.ts › evaluates at once for a first request at zero",
      ],
      A19: ["unit/data-plane/activator/activator.test.ts › (A19, T30)"],
      A20: ["unit/data-plane/activator/activator.test.ts › (A20, T11)"],
      A21: { absent: "activator and autoscaler run in one process without a WebSocket between them" },
      A22: { absent: "the activator exports no metrics" },
      A23: { absent: "the activator does not wait 45 s at shutdown, because no load balancer must notice it" },
      A24: [
        "sockets/data-plane/activator/pod-choice.test.ts › (A24,",
        "integration/whole-circle.test.ts › and wakes at the next request",
      ],
    },
  },
];
