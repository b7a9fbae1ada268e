// The chart, linted and rendered by Helm's own library.
import { isObject } from "../harness/json.ts";
import { ROOT } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { deployPath, runTool, TOOLS } from "./tools.ts";
import { type Manifest, readManifests } from "./kubernetes.ts";

/** What Helm makes of the chart. */
export interface Rendering {
  /** Warnings and errors of `helm lint`. */
  readonly findings: readonly unknown[];
  readonly manifests: readonly Manifest[];
  readonly notes: string;
  /** Why nothing was rendered, or null. */
  readonly error: string | null;
}

/** The severity of findings that are more than information. */
const WARNING = 2;

/** Renders the chart with each of these values. */
export async function renderChart(
  scope: Scope,
  values: readonly object[],
): Promise<readonly Rendering[]> {
  const command = ["python3", `${ROOT}/test/deploy/render_chart.py`, deployPath("helm/fanwire")];
  const { code, stdout, stderr } = await runTool(scope, command, {
    env: { PYTHONPATH: TOOLS },
    input: JSON.stringify(values),
  });
  if (code !== 0) throw new Error(`Cannot render the chart: ${stderr}`);
  const made: unknown = JSON.parse(stdout);
  return (Array.isArray(made) ? made : []).map(readRendering);
}

function readRendering(made: unknown): Rendering {
  const { findings, files, error } = isObject(made) ? made : {};
  const rendered = Object.entries(isObject(files) ? files : {}).map(
    ([name, text]) => [name, typeof text === "string" ? text : ""] as const,
  );
  const isNotes = ([name]: readonly [string, string]): boolean => name.endsWith("NOTES.txt");
  return {
    findings: (Array.isArray(findings) ? findings : []).filter(
      (each) => isObject(each) && Number(each["severity"]) >= WARNING,
    ),
    manifests: rendered
      .filter((each) => !isNotes(each) && each[1].trim() !== "")
      .flatMap(([, text]) => readManifests(text)),
    notes: rendered.find(isNotes)?.[1] ?? "",
    error: typeof error === "string" ? error : null,
  };
}
