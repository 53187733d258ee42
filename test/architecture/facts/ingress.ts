// Facts S1 to S15 and I1 to I30: ServerlessService, scale to zero, hosts, splits, rollouts and mapped domains.
import type { FactFamily } from "./fact-family.ts";

export const ingressFacts: readonly FactFamily[] = [
  {
    title: "ServerlessService",
    facts: {
      S1: ["unit/control-plane/reconciler/serverless-service.test.ts › a ServerlessService makes both Services"],
      S2: ["unit/control-plane/reconciler/serverless-service.test.ts › the public Endpoints have the right backends"],
      S3: [
        "unit/control-plane/reconciler/serverless-service.test.ts › the public Endpoints have the right backends",
        "sockets/data-plane/activator/path.test.ts › (S3, S6)",
      ],
      S4: ["control-plane.json › sks/private-endpoints-vanish"],
      S5: ["control-plane.json › sks/activator-subset"],
      S6: ["sockets/data-plane/activator/switches.test.ts › (S6, T28)"],
      S7: [
        "unit/control-plane/autoscaler/decide.test.ts › computes the excess burst capacity",
        "control-plane.json › scale/target-burst-capacity-",
      ],
      S8: ["control-plane.json › scale/up-and-down"],
      S9: ["control-plane.json › scale/target-burst-capacity-minus-one"],
    },
  },
  {
    title: "scale to zero",
    facts: {
      S10: ["control-plane.json › scale/scale-to-zero-disabled"],
      S11: ["control-plane.json › failure/activation-times-out"],
      S12: ["simulation/journeys.test.ts › is at zero after 60 to 66 s", "scale-to-zero.json"],
      S13: [
        "unit/control-plane/reconciler/pod-autoscaler.test.ts › an inactive Pod stays for the grace period",
        "scale-to-zero.json",
      ],
      S14: [
        "sockets/data-plane/activator/path.test.ts › S14",
        "unit/control-plane/prober/activator-probe.test.ts › once a second",
      ],
      S15: [
        "simulation/journeys.test.ts › naps and wakes repeatedly",
        "sockets/data-plane/activator/switches.test.ts › over switches",
      ],
    },
  },
  {
    title: "hosts and visibility",
    facts: {
      I1: ["control-plane.json › domain/bad-template-result", "unit/apis/config.test.ts › render tag templates"],
      I2: ["control-plane.json › domain/selector"],
      I3: ["unit/data-plane/ingress/routing-table.test.ts › (I3,"],
      I4: ["unit/data-plane/ingress/routing-table.test.ts › I4,", "control-plane.json › create/ready-step-by-step"],
      I5: [
        "control-plane.json › visibility/label-on-tag-placeholder",
        "unit/control-plane/reconciler/route.test.ts › a tag is private if",
      ],
      I6: [
        "unit/control-plane/reconciler/route.test.ts › placeholder Services follow the gateway from name to IP and back",
      ],
      I7: ["sockets/data-plane/ingress/ingress-listeners.test.ts › (I7, I14)"],
    },
  },
  {
    title: "splits, tags and headers",
    facts: {
      I8: ["sockets/data-plane/activator/path.test.ts › (I8, T24)"],
      I9: ["sockets/data-plane/activator/pod-choice.test.ts › (I9, I12)"],
      I10: [
        "control-plane.json › traffic/same-revision-twice",
        "sockets/data-plane/activator/pod-choice.test.ts › (I10,",
      ],
      I11: ["sockets/data-plane/activator/pod-choice.test.ts › I11"],
      I12: [
        "sockets/data-plane/activator/pod-choice.test.ts › I12)",
        "control-plane.json › ingress/tag-header-routing",
      ],
      I13: [
        "sockets/data-plane/activator/path.test.ts › (I13, T36)",
        "unit/data-plane/ingress/routing-table.test.ts › (I13)",
      ],
      I14: [
        "sockets/data-plane/ingress/ingress-listeners.test.ts › I14)",
        "unit/data-plane/ingress/routing-table.test.ts › (I14)",
      ],
      I15: ["sockets/data-plane/activator/path.test.ts › (I15,"],
    },
  },
  {
    title: "readiness of the gateway",
    facts: {
      I16: ["sockets/data-plane/ingress/ingress-listeners.test.ts › (I16, I17, T14)"],
      I17: [
        "sockets/data-plane/ingress/ingress-listeners.test.ts › (I16, I17, T14)",
        "unit/control-plane/prober/ingress-probe.test.ts › (I17)",
      ],
    },
  },
  {
    title: "gradual rollout",
    facts: {
      I18: ["validation.json › rollout-duration/", "control-plane.json › rollout/config-with-tag-and-split"],
      I19: ["unit/control-plane/reconciler/route.test.ts › a rollout moves a share of one percent or less at once"],
      I20: ["control-plane.json › rollout/config-with-tag-and-split"],
      I21: ["control-plane.json › rollout/config-with-tag-and-split"],
      I22: [
        "control-plane.json › rollout/config-with-tag-and-split",
        "sockets/data-plane/activator/switches.test.ts › over rollouts",
      ],
      I23: [
        "control-plane.json › rollout/overtaken-by-third-revision",
        "unit/control-plane/reconciler/route.test.ts › a third revision joins",
      ],
      I24: ["control-plane.json › rollout/ingress-slow"],
      I25: ["unit/control-plane/reconciler/route.test.ts › a rollout ignores an invalid state"],
    },
  },
  {
    title: "https and mapped domains",
    facts: {
      I26: ["control-plane.json › tls/external-http-redirected", "validation.json › networking-annotations/"],
      I27: [
        "unit/data-plane/ingress/routing-table.test.ts › (I27)",
        "sockets/gateway/tls-listener.test.ts › once an Ingress redirects to it",
      ],
      I28: { absent: "the local authority requires no challenge" },
      I29: [
        "sockets/data-plane/activator/path.test.ts › (I29, T34)",
        "control-plane.json › domainmapping/create-and-delete",
      ],
      I30: [
        "control-plane.json › domainmapping/",
        "unit/control-plane/reconciler/service.test.ts › the reference of a DomainMapping",
      ],
    },
  },
];
