import { describe, expect, test } from "bun:test";
import { autoCount, workerCount, workerProblem } from "../../../src/process/worker-count.ts";

const ASKED = { unixSocketEnabled: false, maxConnections: Infinity };

describe('"auto"', () => {
  test.each([
    ["one for each core", Infinity, 8, 20_000, 8],
    ["one for each core when these are enough", 100_000, 8, 20_000, 8],
    ["more for more open files", 100_000, 4, 20_000, 6],
    ["one on one core", Infinity, 1, 20_000, 1],
    ["one for each core without a limit of open files", 1_000_000, 2, Infinity, 2],
    ["256 at most", 1_000_000_000, 2, 1024, 256],
  ])("is %s", (_, maxConnections, cores, files, count) => {
    expect(autoCount(maxConnections, cores, files)).toBe(count);
  });

  test("is one process on a Unix socket", () => {
    const config = { ...ASKED, workers: "auto", unixSocketEnabled: true } as const;
    expect([workerCount(config), workerProblem(config)]).toEqual([1, null]);
  });
});

test("a number is taken as it is", () => {
  expect(workerCount({ ...ASKED, workers: 3 })).toBe(3);
});

test("several workers on a Unix socket are a problem, one is none", () => {
  const asked = { ...ASKED, unixSocketEnabled: true };
  expect(workerProblem({ ...asked, workers: 1 })).toBeNull();
  expect(workerProblem({ ...asked, workers: 2 })).toBe(
    'Cannot start 2 workers: processes cannot share a Unix socket, workers must be 1 or "auto"',
  );
});
