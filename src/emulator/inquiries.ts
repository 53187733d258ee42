// Passes each question of a reconciler to the component that can answer it.

import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ServerlessService } from "../apis/networking/types.ts";
import type { Clock } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import { InFlight } from "../base/in-flight.ts";
import type { Logger } from "../base/logger.ts";
import { monotonicClock } from "../base/monotonic-clock.ts";
import type { Inquire } from "../control-plane/controller/inquiries.ts";
import type { AnswerOf, Inquiry } from "../control-plane/controller/reconciler.ts";
import { ActivatorProbe } from "../control-plane/prober/activator-probe.ts";
import { IngressProbe } from "../control-plane/prober/ingress-probe.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { Activator } from "../data-plane/activator/activator.ts";
import type { GatewayListeners } from "../gateway/listeners.ts";
import { Digests } from "../node/agent/digests.ts";
import type { ImageLibrary } from "../node/image/image-library.ts";
import type { ContainerRuntime } from "../node/runtime/runtime.ts";
import type { InquirySource } from "./control-plane.ts";
import type { LiveConfig } from "./live-config.ts";

const INGRESS = "Ingress.networking.internal.knative.dev";

export interface InquiryOptions {
  /** The clock of API objects. Activator probes use it; ingress probes and digest look-ups use the monotonic clock. */
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly config: LiveConfig;
  readonly runtime: ContainerRuntime;
  readonly library: ImageLibrary;
  readonly activator: Activator;
  readonly listeners: GatewayListeners;
  readonly log: Logger;
}

type Question<A extends Inquiry["ask"]> = Extract<Inquiry, { readonly ask: A }>;
type Answerer<A extends Inquiry["ask"]> = (
  question: Question<A>,
  done: (answer: AnswerOf<Question<A>>) => void,
) => void;

export class InquiryRouter implements InquirySource {
  readonly #stale = new Emitter<Inquiry>();
  readonly #inFlight = new InFlight();
  readonly #activatorProbe: ActivatorProbe;
  readonly #ingressProbe: IngressProbe;
  readonly #digests: Digests;
  readonly #answerers: { [A in Inquiry["ask"]]: Answerer<A> };

  readonly onStale = this.#stale.subscribe;

  constructor(options: InquiryOptions) {
    const { clock, store, config, runtime, library, activator, log } = options;
    this.#activatorProbe = new ActivatorProbe({
      clock,
      send: (revision, headers) => this.#inFlight.track(activator.probe(revision, headers)),
      forget: (question) => this.#stale.emit(question),
    });
    this.#ingressProbe = makeIngressProbe(options, this.#inFlight);
    this.#digests = new Digests({
      clock: monotonicClock,
      track: (attempt) => this.#inFlight.track(attempt),
      runtime,
      library,
      store,
      skip: () => config.current().deployment.registriesSkippingTagResolving,
      log,
    });
    this.#answerers = {
      ActivatorProbe: (question, done) => this.#activatorProbe.inquire(question, done),
      IngressProbe: (question, done) => this.#ingressProbe.inquire(question, done),
      Digest: (question, done) => this.#digests.inquire(question, done),
      PodAdmission: (_, done) => done({ ok: true }),
      MetricCollection: (_, done) => done({ error: "" }),
    };
    store.watch({}, (event) => this.#observe(event));
  }

  readonly inquire: Inquire = (question, done) =>
    (this.#answerers[question.ask] as Answerer<Inquiry["ask"]>)(question as never, done as never);

  /** Resolves when no attempt is running; pauses between attempts do not count. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  close(): void {
    this.#activatorProbe.close();
    this.#ingressProbe.close();
    this.#digests.close();
  }

  #observe({ type, object, old, key }: WatchEvent): void {
    const isDeleted = type === "DELETED";
    if (object.kind === "Ingress" && isDeleted) this.#ingressProbe.stop(key);
    if (object.kind !== "ServerlessService") return;
    const revision: RevisionKey = namespacedName(key);
    if (isDeleted) this.#activatorProbe.stop(revision);
    // The mode decides whether the activator is in the request path, so a change makes earlier answers stale.
    if (old && modeOf(old) !== modeOf(object)) this.#stale.emit({ ask: "ActivatorProbe", revision });
  }
}

function makeIngressProbe({ store, listeners }: InquiryOptions, inFlight: InFlight): IngressProbe {
  return new IngressProbe({
    clock: monotonicClock,
    send: (host, { namespace, name }, headers) => {
      const { rules = [] } = store.get(INGRESS, namespace, name)?.spec ?? {};
      const isPublic = rules.some((rule) => rule.visibility !== "ClusterLocal" && rule.hosts?.includes(host));
      return inFlight.track(listeners.probe({ host, headers, listener: isPublic ? "public" : "local" }));
    },
  });
}

function modeOf(service: AnyObject): ServerlessService["spec"]["mode"] {
  return (service as ServerlessService).spec.mode;
}
