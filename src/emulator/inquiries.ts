// Who answers which question of the planners: the two rooms that may touch a socket or a registry for it.
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ServerlessService } from "../apis/networking/types.ts";
import type { Clock } from "../base/clock.ts";
import { InFlight } from "../base/in-flight.ts";
import { steadyClock } from "../base/steady-clock.ts";
import type { Inquire } from "../control-plane/controller/inquiries.ts";
import type { AnswerOf, Inquiry } from "../control-plane/controller/reconciler.ts";
import { ActivatorProbe } from "../control-plane/prober/activator-probe.ts";
import { IngressProbe } from "../control-plane/prober/ingress-probe.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { Activator } from "../data-plane/activator/activator.ts";
import type { GatewayListeners } from "../gateway/listeners.ts";
import { Digests } from "../node/agent/digests.ts";
import { ImageLibrary } from "../node/image/image-library.ts";
import { readDockerConfig } from "../node/image/registry-auth.ts";
import type { ContainerRuntime, RuntimeInfo } from "../node/runtime/runtime.ts";
import type { ControlPlane } from "./control-plane.ts";

const INGRESS = "Ingress.networking.internal.knative.dev";

export interface InquiryOptions {
  /** Of the control plane: the rhythm in which the activator is proven. What goes over sockets keeps to real time. */
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly activator: Activator;
  readonly door: GatewayListeners;
  readonly control: () => ControlPlane;
}

export interface Inquiries {
  readonly inquire: Inquire;
  readonly library: ImageLibrary;
  /** Every event of the store goes here: answers about what has changed or gone no longer hold. */
  observe(event: Pick<WatchEvent, "type" | "object" | "old">): void;
  /** Resolves when no attempt to find an answer is under way; the pause before the next one is none. */
  idle(): Promise<void>;
  close(): void;
}

export function openInquiries(options: InquiryOptions): Inquiries {
  const { clock, runtime, info, activator, door, control } = options;
  const library = new ImageLibrary({ runtime, engine: info, userConfig: () => readDockerConfig(process.env) });
  const inFlight = new InFlight();
  const activatorProbe = new ActivatorProbe({
    clock,
    send: (revision, headers) => inFlight.track(activator.probe(revision, headers)),
    forget: (question) => control().controller.forget(question),
  });
  const ingressProbe = new IngressProbe({
    clock: steadyClock,
    send: (host, { namespace, name }, headers) => {
      const { rules = [] } = control().store.get(INGRESS, namespace, name)?.spec ?? {};
      const isPublic = rules.some((rule) => rule.visibility !== "ClusterLocal" && rule.hosts?.includes(host));
      return inFlight.track(door.probe({ host, headers, listener: isPublic ? "public" : "local" }));
    },
  });
  const digests = new Digests({
    clock: steadyClock,
    track: (attempt) => inFlight.track(attempt),
    runtime,
    library,
    store: () => control().store,
    skip: () => control().config().deployment.registriesSkippingTagResolving,
  });
  const answerers: { [A in Inquiry["ask"]]: Answerer<A> } = {
    ActivatorProbe: (question, done) => activatorProbe.inquire(question, done),
    IngressProbe: (question, done) => ingressProbe.inquire(question, done),
    Digest: (question, done) => digests.inquire(question, done),
    PodAdmission: (_, done) => done({ ok: true }),
    MetricCollection: (_, done) => done({ error: "" }),
  };
  return {
    inquire: (question, done) =>
      (answerers[question.ask] as Answerer<Inquiry["ask"]>)(question as never, done as never),
    library,
    observe: ({ type, object, old }) => {
      const { namespace = "", name } = object.metadata;
      const gone = type === "DELETED";
      if (object.kind === "Ingress" && gone) ingressProbe.stop(namespace, name);
      if (object.kind !== "ServerlessService") return;
      const revision: RevisionKey = `${namespace}/${name}`;
      if (gone) activatorProbe.stop(revision);
      const modeOf = (service: AnyObject | undefined) => (service as ServerlessService | undefined)?.spec.mode;
      // Who stands in the path has changed, so an old yes or no says nothing.
      if (old && modeOf(old) !== modeOf(object)) control().controller.forget({ ask: "ActivatorProbe", revision });
    },
    idle: () => inFlight.idle(),
    close: () => {
      activatorProbe.close();
      ingressProbe.close();
      digests.close();
    },
  };
}

type Question<A extends Inquiry["ask"]> = Extract<Inquiry, { readonly ask: A }>;
type Answerer<A extends Inquiry["ask"]> = (
  question: Question<A>,
  done: (answer: AnswerOf<Question<A>>) => void,
) => void;
