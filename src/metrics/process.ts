// The process itself, under the names that Prometheus has for every process. The heap's figures
// come from the process too: the engine's own statistics walk the whole heap, which took 30 ms with
// 200,000 small objects, and all clients would wait for that.
import { readdirSync, statSync } from "node:fs";
import type { Metric } from "./metric.ts";

const DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
const MICROSECONDS = 1e-6;
const MILLISECONDS = 1e-3;

/** The metrics of this process. `openFileLimit` is the number of files it may open, `Infinity` for no limit. */
export function processMetrics(prefix: string, openFileLimit: number): readonly Metric[] {
  return [
    gauge("process_resident_memory_bytes", "Memory in RAM", () => process.memoryUsage.rss()),
    {
      ...gauge("process_cpu_seconds_total", "Processor time, of user and system", cpuSeconds),
      type: "counter",
    },
    gauge("process_open_fds", "Open file descriptors", openDescriptorCount),
    gauge("process_max_fds", "File descriptors that may be open", () => openFileLimit),
    {
      ...gauge(
        "process_start_time_seconds",
        "When the process was started, in seconds since 1970",
        () => performance.timeOrigin * MILLISECONDS,
      ),
      aggregator: "min",
    },
    gauge(
      `${prefix}heap_used_bytes`,
      "Memory of JavaScript objects",
      () => process.memoryUsage().heapUsed,
    ),
    gauge(
      `${prefix}heap_size_bytes`,
      "Memory that is kept for JavaScript objects",
      () => process.memoryUsage().heapTotal,
    ),
    gauge(
      `${prefix}heap_external_bytes`,
      "Memory outside of the heap that JavaScript objects hold",
      () => process.memoryUsage().external,
    ),
  ];
}

function gauge(name: string, help: string, read: () => number): Metric {
  return {
    name,
    help,
    type: "gauge",
    aggregator: "sum",
    read: () => [{ labels: {}, value: read() }],
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * MICROSECONDS;
}

function openDescriptorCount(): number {
  // Linux since 6.2 tells the number as the directory's size. That needs no descriptor itself, and does not list a hundred thousand names.
  const { size } = statSync(DESCRIPTORS);
  if (process.platform === "linux" && size > 0) return size;
  // Less the one that the listing itself has open.
  return readdirSync(DESCRIPTORS).length - 1;
}
