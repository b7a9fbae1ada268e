import { beforeAll, describe, expect, test } from "bun:test";
import { makeDirectory, run } from "../harness/program.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Rendering, renderChart } from "./chart.ts";
import { at, type Dictionary, find, readManifests } from "./kubernetes.ts";
import { deployText } from "./tools.ts";

const scope = testScope();
const forFile = fileScope();
const APPS = [{ id: "4711", key: "app-key", secret: "app-secret", enable_client_messages: true }];
const CONTAINER = "spec.template.spec.containers.0";

/** Runs `fanwire config check` with this file. */
async function check(text: string, env: Readonly<Record<string, string>> = {}) {
  const directory = makeDirectory(scope);
  await Bun.write(`${directory}/config.json`, text);
  const args = ["config", "check", "--config", "config.json"];
  return run(scope, args, { directory, env });
}

function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(entries.map(([key, each]) => [key, String(each)]));
}

/** How long the pod may take to stop, and what of it the server uses, in seconds. */
function stopTimes(deployment: Dictionary, env: Readonly<Record<string, string>>) {
  const delay = Number(env["FANWIRE_SHUTDOWN_DELAY"]);
  const grace = Number(env["FANWIRE_SHUTDOWN_GRACE_PERIOD"] ?? env["SHUTDOWN_GRACE_PERIOD"]);
  const preStop = Number(at(deployment, `${CONTAINER}.lifecycle.preStop.sleep.seconds`) ?? 0);
  const given = Number(at(deployment, "spec.template.spec.terminationGracePeriodSeconds"));
  return { given, used: preStop + delay + grace };
}

function expectHardened(deployment: Dictionary): void {
  expect(at(deployment, "spec.template.spec.enableServiceLinks")).toBe(false);
  expect(at(deployment, "spec.template.spec.securityContext")).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 65_532,
  });
  expect(at(deployment, `${CONTAINER}.securityContext`)).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(at(deployment, `${CONTAINER}.livenessProbe.httpGet.path`)).toBe("/live");
  expect(at(deployment, `${CONTAINER}.readinessProbe.httpGet.path`)).toBe("/ready");
}

describe("the plain manifests", () => {
  const manifests = readManifests(deployText("kubernetes/sockudo.yaml"));
  const deployment = find(manifests, "Deployment");
  const variables = at(deployment, `${CONTAINER}.env`);
  const env = Object.fromEntries(
    (Array.isArray(variables) ? variables : []).map((each) => [
      at(each, "name"),
      at(each, "value"),
    ]),
  );

  test("are valid, Redis included", () => {
    expect(manifests.map(({ kind }) => kind)).toEqual(["ConfigMap", "Deployment", "Service"]);
    const redis = readManifests(deployText("kubernetes/redis.yaml"));
    expect(redis.map(({ kind }) => kind)).toEqual(["Deployment", "Service"]);
    expect(at(find(redis, "Service"), "metadata.name")).toBe("redis");
  });

  test("have a configuration that loads unchanged", async () => {
    const data = textsOf(at(find(manifests, "ConfigMap"), "data"));
    expect(await check(data["sockudo.json"] ?? "", textsOf(env))).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  test("let a pod stop in its time, without rights, behind a port of every machine", () => {
    const { given, used } = stopTimes(deployment, textsOf(env));
    expect(given).toBeGreaterThanOrEqual(used + 5);
    expectHardened(deployment);
    expect(at(find(manifests, "Service"), "spec.type")).toBe("NodePort");
  });
});

const STOP = { preStopSeconds: 7, delaySeconds: 3, gracePeriodSeconds: 30 };

/** Values of the chart. */
const VALUES = {
  defaults: { apps: APPS },
  stop: { apps: APPS, stop: STOP },
  everything: {
    apps: APPS,
    antiAffinity: "required",
    autoscaling: { enabled: true },
    existingSecretForSettings: "more",
    imagePullSecrets: [{ name: "pull" }],
    ingress: { enabled: true, className: "nginx", tlsSecret: "tls" },
    metrics: { serviceMonitor: { enabled: true, labels: { release: "prometheus" } } },
    nodeSelector: { "kubernetes.io/arch": "amd64" },
    podAnnotations: { a: "b" },
    podLabels: { team: "x" },
    priorityClassName: "high",
    service: { type: "NodePort", nodePort: 30_001, annotations: { a: "b" } },
    serviceAccountName: "fanwire",
    tolerations: [{ key: "a", operator: "Exists" }],
  },
  cpuAlone: { apps: APPS, autoscaling: { enabled: true, connectionsPerPod: 0 } },
  ownSecret: { existingSecret: "mine" },
  local: { apps: APPS, settings: { ADAPTER_DRIVER: "local" } },
} as const;

/** Values that the chart refuses, and why. */
const REFUSED: readonly (readonly [values: object, sentence: string])[] = [
  [{}, "Cannot find an app"],
  [{ apps: APPS, settings: { FANWIRE_PORT: "1" } }, "Cannot use settings.FANWIRE_PORT"],
  [{ apps: APPS, replica: 3 }, "replica"],
  [{ apps: APPS, antiAffinity: "never" }, "antiAffinity"],
  [
    { apps: APPS, autoscaling: { enabled: true, connectionsPerPod: 0, cpuPercent: 0 } },
    "Cannot scale",
  ],
  [
    { apps: APPS, metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    "metrics.enabled must be true",
  ],
];

describe("the chart", () => {
  const renderings = new Map<object, Rendering>();

  beforeAll(async () => {
    const all = [...Object.values(VALUES), ...REFUSED.map(([values]) => values)];
    const made = await renderChart(forFile, all);
    for (const [index, rendering] of made.entries()) renderings.set(all[index] ?? {}, rendering);
  });

  /** What Helm has made of the chart with these values. */
  function rendered(values: object): Rendering {
    const rendering = renderings.get(values);
    if (rendering === undefined) throw new Error("Cannot find a rendering: it was not made");
    return rendering;
  }

  test("is rendered to valid objects without findings, with its defaults", () => {
    const { findings, manifests, error } = rendered(VALUES.defaults);
    expect([error, findings]).toEqual([null, []]);
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual([
      "ConfigMap",
      "Deployment",
      "PodDisruptionBudget",
      "Secret",
      "Service",
      "Service",
    ]);
    expectHardened(find(manifests, "Deployment"));
  });

  test("has a configuration that loads unchanged, and lets a pod stop in its time", async () => {
    const { manifests } = rendered(VALUES.stop);
    const env = textsOf(at(find(manifests, "ConfigMap"), "data"));
    const secret = at(find(manifests, "Secret"), "stringData");
    const file = textsOf(secret)["fanwire.json"] ?? "";
    expect(JSON.parse(file)).toEqual({ apps: APPS });
    expect(await check(file, env)).toMatchObject({ code: 0, stderr: "" });
    expect(stopTimes(find(manifests, "Deployment"), env)).toEqual({ given: 50, used: 40 });
  });

  test("is valid with everything turned on", () => {
    const { findings, manifests, error } = rendered(VALUES.everything);
    expect([error, findings]).toEqual([null, []]);
    const deployment = find(manifests, "Deployment");
    expect(at(deployment, "spec.replicas")).toBeUndefined();
    const metrics = at(find(manifests, "HorizontalPodAutoscaler"), "spec.metrics");
    expect(at(metrics, "0.pods.metric.name")).toBe("fanwire_connected");
    expect(at(metrics, "1.resource.name")).toBe("cpu");
    // What the monitor selects is the service of the metrics, and that one's pods are those of the deployment.
    const selected = at(find(manifests, "ServiceMonitor"), "spec.selector.matchLabels");
    const service = find(manifests, "Service", "demo-fanwire-metrics");
    expect(at(service, "metadata.labels")).toMatchObject(textsOf(selected));
    expect(at(deployment, "spec.template.metadata.labels")).toMatchObject(
      textsOf(at(service, "spec.selector")),
    );
  });

  test("scales by CPU alone where there are no custom metrics", () => {
    const { manifests } = rendered(VALUES.cpuAlone);
    const metrics = at(find(manifests, "HorizontalPodAutoscaler"), "spec.metrics");
    expect(metrics).toHaveLength(1);
    expect(at(metrics, "0.resource.name")).toBe("cpu");
  });

  test("takes the apps from a Secret that is there, and then makes none", () => {
    const { manifests, error } = rendered(VALUES.ownSecret);
    expect(error).toBeNull();
    expect(manifests.some(({ kind }) => kind === "Secret")).toBe(false);
    const volumes = at(find(manifests, "Deployment"), "spec.template.spec.volumes");
    expect(at(volumes, "1.secret.secretName")).toBe("mine");
  });

  test("warns of several pods without a bus", () => {
    expect(rendered(VALUES.local).notes).toContain("WARNING");
    expect(rendered(VALUES.defaults).notes).not.toContain("WARNING");
  });

  test.each(REFUSED)("refuses %j with a sentence", (values, sentence) => {
    expect(rendered(values).error).toContain(sentence);
  });
});

test("the schemas refuse what Kubernetes does not know", () => {
  const text = deployText("kubernetes/redis.yaml", { "replicas: 1": "replica: 1" });
  expect(() => readManifests(text)).toThrow(
    "Cannot use Deployment redis: .spec.replica is not in the schema",
  );
});
