// Objects of Kubernetes, checked against the published schemas of its API.
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { isObject } from "../harness/json.ts";

/** A YAML or JSON object. */
export type Dictionary = Readonly<Record<string, unknown>>;

/** An object of Kubernetes as its file has it. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly content: Dictionary;
}

interface Schema {
  readonly apiVersion: string;
  readonly prototype: { validate(this: unknown): void };
}

const SCHEMAS: Readonly<Record<string, Schema>> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceMonitor,
};

/** The objects of a YAML text, each valid. @throws when one is not, with its name and what is wrong. */
export function readManifests(text: string): readonly Manifest[] {
  const parsed: unknown = Bun.YAML.parse(text);
  const documents = Array.isArray(parsed) ? parsed : [parsed];
  return documents.filter((each) => each !== null).map(readManifest);
}

/** The only object of a kind, and of a name where there are several. @throws when there is none. */
export function find(manifests: readonly Manifest[], kind: string, name?: string): Dictionary {
  const found = manifests.find(
    (each) => each.kind === kind && (name === undefined || each.name === name),
  );
  if (found === undefined) throw new Error(`Cannot find ${kind} ${name ?? ""}: there is none`);
  return found.content;
}

/** What an object has at a path such as `spec.template.0.name`. Undefined where there is nothing. */
export function at(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split("."))
    inner = isObject(inner) || Array.isArray(inner) ? Reflect.get(inner, key) : undefined;
  return inner;
}

function readManifest(document: unknown): Manifest {
  if (!isObject(document)) throw new Error("Cannot read a manifest: it is no object");
  const kind = String(document["kind"]);
  const schema = SCHEMAS[kind];
  if (schema === undefined || schema.apiVersion !== document["apiVersion"])
    throw new Error(`Cannot check ${kind} of ${String(document["apiVersion"])}: it is not known`);
  const name = String(at(document, "metadata.name"));
  const read = new Set<string>();
  schema.prototype.validate.call(recorded(document, "", read));
  const unknown = paths(document, "").filter((path) => !read.has(path));
  if (unknown.length > 0)
    throw new Error(`Cannot use ${kind} ${name}: ${unknown.join(", ")} is not in the schema`);
  return { kind, name, content: document };
}

/** The value, with a record of what is read of it: a schema reads all that it knows, and nothing else. */
function recorded(value: object, path: string, read: Set<string>): object {
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key !== "string") return inner;
      read.add(`${path}.${key}`);
      return typeof inner === "object" && inner !== null
        ? recorded(inner, `${path}.${key}`, read)
        : inner;
    },
  });
}

/** The paths of all keys. */
function paths(value: unknown, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...paths(inner, `${path}.${key}`),
  ]);
}
