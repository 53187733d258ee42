// Facts Q1 to Q54: ports, timeouts, breaker, proxying, statistics, metrics, log and drain of the queue-proxy.
import type { FactFamily } from "./fact-family.ts";

export const queueProxyFacts: readonly FactFamily[] = [
  {
    title: "ports and listeners",
    facts: {
      Q1: ["validation.json › ports/reserved-8012", "validation.json › ports/ok-8112-is-not-reserved"],
      Q2: ["sockets/data-plane/activator/path.test.ts › the protocol to the app is that"],
      Q3: [
        "sockets/data-plane/http-server/listener.test.ts › takes HTTP/1.0, HTTP/1.1 and HTTP/2",
        "unit/data-plane/ingress/gateway-headers.test.ts › the gateway serves a request for an h2c upgrade",
      ],
      Q4: [
        "sockets/data-plane/http-server/hostile.test.ts › headers of just under 1 MiB pass",
        "sockets/data-plane/http-server/listener.test.ts › is disconnected when its headers do not end or it sends",
      ],
      Q5: ["validation.json › ports/bad-name-http", "validation.json › ports/ok-h2c"],
    },
  },
  {
    title: "configuration",
    facts: {
      Q6: [
        "sockets/data-plane/queue-proxy/queue-proxy.test.ts › (Q6,",
        "control-plane.json › create/ready-step-by-step",
      ],
      Q7: ["control-plane.json › create/ready-step-by-step", "control-plane.json › create/init-container"],
      Q8: ["queue-proxy.json › timeout/probe-exempt", "queue-proxy.json › timeout/total-queued"],
    },
  },
  {
    title: "timeouts",
    facts: {
      Q9: ["validation.json › timeouts/timeout-601", "validation.json › timeouts/idle-above-timeout-not-checked"],
      Q10: ["validation.json › timeouts/timeout-above-default-adds-response-start"],
      Q11: ["validation.json › configmap/defaults-timeout-above-max"],
      Q12: ["queue-proxy.json › timeout/all-three", "queue-proxy.json › timeout/idle-busy"],
      Q13: ["queue-proxy.json › timeout/total-none"],
      Q14: ["queue-proxy.json › timeout/total-", "contract/forwarder-flow-checks.ts › Q14 after a cancel"],
      Q15: ["queue-proxy.json › timeout/total-ws", "queue-proxy.json › timeout/start-ws"],
      Q16: ["contract/forwarder-flow-checks.ts › Q38 the response waits until the request body is read"],
    },
  },
  {
    title: "concurrency limit",
    facts: {
      Q17: ["sockets/data-plane/queue-proxy/queue-proxy.test.ts › Q17", "queue-proxy.json › breaker/cc0-unlimited"],
      Q18: [
        "queue-proxy.json › breaker/cc1-full",
        "unit/data-plane/queue-proxy/breaker.test.ts › waiting requests are served in order; those that left are",
      ],
      Q19: ["queue-proxy.json › breaker/full-"],
      Q20: ["queue-proxy.json › timeout/total-queued", "queue-proxy.json › body/client-close-waiting"],
      Q21: ["queue-proxy.json › upgrade/cc1-holds-slot", "queue-proxy.json › breaker/stream-holds"],
      Q22: ["queue-proxy.json › breaker/kubelet-bypass"],
    },
  },
  {
    title: "proxying",
    facts: {
      Q23: ["queue-proxy.json › headers/k-stripped-dup", "sockets/data-plane/activator/path.test.ts › Q23"],
      Q24: ["queue-proxy.json › headers/hop-", "contract/forwarder-message-checks.ts › Q24"],
      Q25: ["queue-proxy.json › headers/k-headers", "contract/forwarder-message-checks.ts › Q25 Expect is relayed"],
      Q26: ["queue-proxy.json › target/", "contract/forwarder-message-checks.ts › Q26 the target"],
      Q27: ["queue-proxy.json › forwarded/", "sockets/data-plane/activator/path.test.ts › Q27"],
      Q28: ["queue-proxy.json › h2/h1-app", "sockets/data-plane/activator/path.test.ts › T24"],
      Q29: ["contract/forwarder-flow-checks.ts › Q29 container connections are reused"],
      Q30: ["sockets/data-plane/queue-proxy/queue-proxy.test.ts › (Q30)"],
      Q31: ["queue-proxy.json › errors/refused", "contract/forwarder-flow-checks.ts › Q31"],
      Q32: ["queue-proxy.json › errors/trunc-chunked", "contract/forwarder-flow-checks.ts › Q32"],
      Q33: [
        "queue-proxy.json › response/stream-flush",
        "contract/forwarder-flow-checks.ts › Q33 a response of known length",
      ],
      Q34: ["queue-proxy.json › trailers/res-announced", "contract/forwarder-message-checks.ts › Q34"],
      Q35: ["queue-proxy.json › informational/103-timing", "contract/forwarder-message-checks.ts › Q35"],
      Q36: ["queue-proxy.json › expect/app-100", "queue-proxy.json › expect/app-200-no-100"],
      Q37: ["queue-proxy.json › response/date", "contract/forwarder-message-checks.ts › Q37"],
      Q38: [
        "queue-proxy.json › body/duplex-echo",
        "contract/forwarder-flow-checks.ts › Q38 request and response bodies",
      ],
    },
  },
  {
    title: "statistics for the autoscaler",
    facts: {
      Q39: ["queue-proxy.json › stats/idle", "queue-proxy.json › stats/other-path"],
      Q40: ["queue-proxy.json › stats/count", "unit/data-plane/stats/request-stats.test.ts › average to one"],
      Q41: ["queue-proxy.json › stats/errors-count"],
      Q42: ["queue-proxy.json › stats/count-proxied"],
      Q43: { absent: "only older versions have this statistic" },
    },
  },
  {
    title: "the user's metrics",
    facts: {
      Q44: [
        "sockets/data-plane/queue-proxy/queue-proxy.test.ts › Q44",
        "unit/data-plane/queue-proxy/observability.test.ts › have Knative's names",
      ],
      Q45: [
        "sockets/data-plane/queue-proxy/queue-proxy.test.ts › Q45",
        "unit/data-plane/queue-proxy/observability.test.ts › with default route",
      ],
      Q46: { absent: "only older versions have these names" },
    },
  },
  {
    title: "traces and the request log",
    facts: {
      Q47: ["sockets/data-plane/queue-proxy/queue-proxy.test.ts › (Q47)"],
      Q48: [
        "sockets/data-plane/queue-proxy/queue-proxy.test.ts › (Q48,",
        "unit/data-plane/queue-proxy/observability.test.ts › fills the template",
      ],
      Q49: [
        "sockets/data-plane/queue-proxy/queue-proxy.test.ts › Q49)",
        "unit/data-plane/queue-proxy/observability.test.ts › has an error line if the template fails on a request",
      ],
    },
  },
  {
    title: "drain and shutdown",
    facts: {
      Q50: [
        "control-plane.json › create/ready-step-by-step",
        "integration/kubelet.test.ts › the kubelet sends SIGTERM after the requests",
      ],
      Q51: ["queue-proxy.json › drain/request", "queue-proxy.json › drain/full"],
      Q52: ["queue-proxy.json › drain/wait-cancel", "queue-proxy.json › drain/wait-then-term"],
      Q53: ["integration/kubelet.test.ts › a container that ignores SIGTERM is killed after the stop timeout"],
      Q54: { absent: "the queue-proxy opens no port; a taken port of knap is an error at the start" },
    },
  },
];
