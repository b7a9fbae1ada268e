import { expect, test } from "bun:test";
import { CONNECTION_OPTIONS } from "../../src/config/options/connections.ts";
import { EXECUTABLE, makeDirectory, type Outcome } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { deployText, runTool } from "./tools.ts";

const scope = testScope();
const FILE = "systemd/fanwire.service";
/** Of 10: what a service may do to the machine. Above 2 systemd no longer calls it well protected. */
const MAX_EXPOSURE = 2;

/** Runs systemd-analyze on the unit, with the executable under test. */
async function analyze(...command: readonly string[]): Promise<Outcome> {
  const unit = `${makeDirectory(scope)}/fanwire.service`;
  await Bun.write(unit, deployText(FILE, { "/usr/local/bin/fanwire": EXECUTABLE }));
  return runTool(scope, ["systemd-analyze", ...command, unit]);
}

test("systemd-analyze verify finds nothing to complain of", async () => {
  expect(await analyze("verify", "--man=no")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("systemd-analyze security finds the service well protected", async () => {
  const { stdout } = await analyze("security", "--offline=true", "--no-pager");
  const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
  expect(Number(exposure)).toBeLessThan(MAX_EXPOSURE);
});

test("the service may stop in its time, and begins with files for very many connections", () => {
  const unit = deployText(FILE);
  const { shutdownDelayMs, shutdownGracePeriodMs } = CONNECTION_OPTIONS;
  const usedMs = shutdownDelayMs.default + shutdownGracePeriodMs.default;
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000).toBeGreaterThan(usedMs);
  expect(Number(/^LimitNOFILE=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(1_000_000);
});
