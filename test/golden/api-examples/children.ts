// Examples `children/*`: the objects that planners create for a Service, each from the object before it.
import type { PodAutoscaler } from "../../../src/apis/autoscaling/types.ts";
import type { ServingConfig } from "../../../src/apis/config/types.ts";
import type { StringMap } from "../../../src/apis/meta/object.ts";
import type { ServerlessService } from "../../../src/apis/networking/types.ts";
import type { Configuration, Revision, Service } from "../../../src/apis/serving/types.ts";
import { mutate } from "../../../src/apis/serving/webhook.ts";
import { makeRevision } from "../../../src/control-plane/reconciler/configuration/make-revision.ts";
import {
  makeMetric,
  makeServerlessService,
} from "../../../src/control-plane/reconciler/pod-autoscaler/make-children.ts";
import {
  makeDeployment,
  makeImages,
  makePodAutoscaler,
} from "../../../src/control-plane/reconciler/revision/make-children.ts";
import {
  makePrivateService,
  makePublicService,
} from "../../../src/control-plane/reconciler/serverless-service/make-services.ts";
import { makeConfiguration, makeRoute } from "../../../src/control-plane/reconciler/service/make-children.ts";
import { asStored } from "../../support/store.ts";
import type { Verdict } from "../case.ts";
import { asRecorded, exampleConfig, type Fields, judge, readYaml } from "./examples.ts";

const STAMPED = "2024-05-01T10:00:00Z";
interface Example extends Fields {
  readonly input: string;
  readonly features: StringMap | null;
}

export function judgeChildren(name: string, example: Example): readonly Verdict[] {
  const config = exampleConfig({ "config-features": example.features });
  const recorded = <T>(part: string, apiVersion: string, kind: string): T =>
    ({ ...(example[part] as Fields), apiVersion, kind }) as T;
  const configuration = recorded<Configuration>("configuration", "serving.knative.dev/v1", "Configuration");
  const revision = recorded<Revision>("revision", "serving.knative.dev/v1", "Revision");
  const pa = recorded<PodAutoscaler>("podAutoscaler", "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler");
  const sks = recorded<ServerlessService>(
    "serverlessService",
    "networking.internal.knative.dev/v1alpha1",
    "ServerlessService",
  );
  const service = readService(example.input, config);
  const made: Readonly<Record<string, unknown>> = {
    configuration: makeConfiguration(asStored(service)),
    route: makeRoute(asStored(service)),
    revision: makeRevision(asStored(configuration), STAMPED),
    deployment: makeDeployment(asStored(revision), config),
    podAutoscaler: makePodAutoscaler(asStored(revision), undefined),
    metric: makeMetric(asStored(pa), config.autoscaler, `${revision.metadata.name}-private`),
    serverlessService: makeServerlessService(asStored(pa), "Proxy", 2),
    publicK8sService: makePublicService(asStored(sks)),
    privateK8sService: makePrivateService(asStored(sks), { "serving.knative.dev/revisionUID": "rev-uid" }),
  };
  const images = makeImages(asStored(revision));
  return [
    ...Object.entries(made).map(([part, object]) =>
      judge(`${name}/${part}`, withoutGeneration(example[part]), withoutGeneration(object)),
    ),
    judge(`${name}/images`, (example["images"] ?? []) as unknown[], images.map(asRecorded).map(noEmptyStatus)),
  ];
}

function readService(input: string, config: ServingConfig): Service {
  const read = readYaml(input);
  const { object } = mutate({ object: read, operation: "create", config });
  const uid = "svc-uid";
  return { ...object, metadata: { ...object.metadata, uid } } as Service;
}

function withoutGeneration(object: unknown): unknown {
  const converted = asRecorded(object) as Fields & { metadata: Fields };
  const { generation: _generation, ...metadata } = converted.metadata;
  return { ...converted, metadata };
}

function noEmptyStatus(image: unknown): unknown {
  return { ...(image as Fields), status: {} };
}
