// Metrics of the process, under the names that Prometheus clients use for every process. Heap figures
// are the process's too, because the engine's own statistics walk the whole heap: with 200,000 small
// objects that took 30 ms, during which all clients would wait.
import { readdirSync, statSync } from "node:fs";
import type { Metric } from "./metric.ts";

const DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
const MICROSECONDS = 1e-6;
const MILLISECONDS = 1e-3;

/** The metrics of this process. `openFileLimit` is how many files it may open; `Infinity` for no limit. */
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
  // Since 6.2, Linux reports the number as the directory's size. Reading it needs no descriptor, and does not list up to a hundred thousand names.
  const { size } = statSync(DESCRIPTORS);
  if (process.platform === "linux" && size > 0) return size;
  // Without the descriptor that the listing itself opens.
  return readdirSync(DESCRIPTORS).length - 1;
}
