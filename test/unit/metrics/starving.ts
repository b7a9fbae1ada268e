// Runs as a separate process: it opens files until the system refuses one, then writes a scrape.
import { openSync, writeSync } from "node:fs";
import { exposition } from "../../../src/metrics/exposition.ts";
import { takeSnapshot } from "../../../src/metrics/metric.ts";
import { nodeMetrics } from "../../../src/metrics/node-metrics.ts";
import { emptyApp, TEST_METRICS, testNode } from "./node.ts";

const metrics = nodeMetrics({ ...TEST_METRICS, openFileLimit: 64 }, testNode([emptyApp("3")]));
starve();
const reports: string[] = [];
const snapshot = takeSnapshot(metrics, (name) => reports.push(name));
writeSync(1, await exposition(() => Promise.resolve([snapshot])).text());
process.exit(reports.every((name) => name.startsWith("process_") || name.includes("heap")) ? 0 : 1);

function starve(): void {
  for (let count = 0; count < 1000; count++) {
    try {
      openSync("/dev/null", "r");
    } catch {
      return;
    }
  }
  throw new Error("Cannot starve the process: it may open more than 1,000 files");
}
