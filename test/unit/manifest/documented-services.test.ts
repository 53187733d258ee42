// Tests Services of the forms that Knative's documentation teaches: valid ones are accepted, invalid ones refused.
import { describe, expect, it } from "vitest";
import { validateFiles } from "../../../src/manifest/validate-files.ts";

const errors = (text: string): readonly string[] =>
  validateFiles([{ name: "s.yaml", text }], { mode: "validate" })
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ line, message }) => `${line}: ${message.split("\n")[0]}`);
const service = (spec: string, metadata = ""): string =>
  `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: hello\n  namespace: default\n${metadata}spec:\n${spec}`;

const accepted: Readonly<Record<string, string>> = {
  "hello world": service(`  template:
    spec:
      containers:
        - image: ghcr.io/knative/helloworld-go:latest
          env:
            - name: TARGET
              value: "Go Sample v1"
`),
  "autoscaling, concurrency and timeouts": service(`  template:
    metadata:
      annotations:
        autoscaling.knative.dev/class: "kpa.autoscaling.knative.dev"
        autoscaling.knative.dev/target: "10"
        autoscaling.knative.dev/min-scale: "1"
        autoscaling.knative.dev/max-scale: "3"
        autoscaling.knative.dev/window: "40s"
    spec:
      containerConcurrency: 50
      timeoutSeconds: 120
      containers: [{image: ghcr.io/knative/autoscale-go:latest}]
`),
  "traffic split by tags": service(`  template:
    metadata:
      name: hello-v2
    spec:
      containers:
      - image: gcr.io/knative-samples/helloworld-go
  traffic:
  - tag: current
    revisionName: hello-v1
    percent: 90
  - tag: candidate
    revisionName: hello-v2
    percent: 10
  - tag: latest
    latestRevision: true
    percent: 0
`),
  "cluster-local with its own visibility label": service(
    "  template:\n    spec:\n      containers:\n      - image: docker.io/acme/web\n",
    "  labels:\n    networking.knative.dev/visibility: cluster-local\n",
  ),
  "secrets, ConfigMaps and scratch space": service(`  template:
    spec:
      serviceAccountName: runner
      containers:
      - image: ghcr.io/acme/web:1
        envFrom:
        - configMapRef: {name: settings}
        env:
        - name: PASSWORD
          valueFrom: {secretKeyRef: {name: db, key: password}}
        volumeMounts:
        - {name: certs, mountPath: /etc/certs, readOnly: true}
        - {name: tmp, mountPath: /scratch}
      volumes:
      - name: certs
        secret: {secretName: tls}
      - name: tmp
        emptyDir: {sizeLimit: 64Mi}
`),
  "probes, resources and a sidecar": service(`  template:
    spec:
      containers:
      - image: ghcr.io/acme/web:1
        ports:
        - name: h2c
          containerPort: 8080
        readinessProbe:
          httpGet: {path: /ready}
        livenessProbe:
          grpc: {port: 8080}
          periodSeconds: 10
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {cpu: "1", memory: 512Mi}
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          seccompProfile: {type: RuntimeDefault}
      - image: ghcr.io/acme/side:1
`),
  "a domain": `apiVersion: serving.knative.dev/v1beta1
kind: DomainMapping
metadata:
  name: www.example.com
spec:
  ref:
    name: hello
    kind: Service
    apiVersion: serving.knative.dev/v1
`,
};

const refused: readonly (readonly [what: string, text: string, said: RegExp])[] = [
  [
    "an annotation without quotes",
    service(
      "  template:\n    metadata:\n      annotations:\n        autoscaling.knative.dev/min-scale: 1\n    spec:\n      containers: [{image: a/b}]\n",
    ),
    /^10: json: cannot unmarshal number into .* of type string$/,
  ],
  [
    "autoscaling annotations on the Service",
    service(
      "  template:\n    spec:\n      containers: [{image: a/b}]\n",
      '  annotations:\n    autoscaling.knative.dev/max-scale: "3"\n',
    ),
    /^7: invalid key name "autoscaling.knative.dev\/max-scale": metadata.annotations$/,
  ],
  [
    "fields of a Deployment",
    service("  replicas: 2\n  selector: {}\n  template:\n    spec:\n      containers: [{image: a/b}]\n"),
    /^7: unknown field "spec.replicas"$/,
  ],
  [
    "a template left unfilled",
    service("  template:\n    spec:\n      containers:\n      - image: {{ .Values.image }}\n"),
    /^10: this file is a template of Helm or another tool/,
  ],
  [
    "an upper-case name",
    service("  template:\n    spec:\n      containers: [{image: a/b}]\n").replace("name: hello", "name: Hello"),
    /^4: not a DNS 1035 label: /,
  ],
];

describe("Services of documented forms", () => {
  it.each(Object.entries(accepted))("a manifest with %s is accepted", (_, text) => {
    expect(errors(text)).toEqual([]);
  });
  it.each(refused)("a manifest with %s is refused", (_, text, message) => {
    expect(errors(text)[0]).toMatch(message);
  });
});
