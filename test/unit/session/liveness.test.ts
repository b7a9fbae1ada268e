import { describe, expect, test } from "bun:test";
import { LivenessWheel, type Watched } from "../../../src/session/liveness.ts";

interface Probe extends Watched {
  readonly log: string[];
}

function probe(wheel: () => LivenessWheel, answers = false): Probe {
  const self: Probe = {
    lastInboundTick: 0,
    slot: -1,
    place: 0,
    pingedTick: -1,
    log: [],
    ping() {
      self.log.push(`ping ${wheel().tick}`);
      if (answers) self.lastInboundTick = wheel().tick;
    },
    expire() {
      self.log.push(`expire ${wheel().tick}`);
    },
  };
  return self;
}

describe("LivenessWheel", () => {
  const limits = { activityTicks: 120, pongTicks: 30 };

  test("pings after the activity timeout and expires when no answer comes", () => {
    const wheel = new LivenessWheel(limits);
    const silent = probe(() => wheel);
    wheel.add(silent);
    for (let tick = 0; tick < 500; tick++) wheel.advance();
    expect(silent.log).toEqual(["ping 120", "expire 150"]);
  });

  test("any inbound frame counts, without a ping", () => {
    const wheel = new LivenessWheel(limits);
    const busy = probe(() => wheel);
    wheel.add(busy);
    for (let tick = 0; tick < 1000; tick++) {
      wheel.advance();
      if (tick % 119 === 0) busy.lastInboundTick = wheel.tick;
    }
    expect(busy.log).toEqual([]);
  });

  test("an answer to the ping starts a new timeout", () => {
    const wheel = new LivenessWheel(limits);
    const alive = probe(() => wheel, true);
    wheel.add(alive);
    for (let tick = 0; tick < 500; tick++) wheel.advance();
    expect(alive.log).toEqual(["ping 120", "ping 240", "ping 360", "ping 480"]);
  });

  test("removes a connection, wherever it is in its slot", () => {
    const wheel = new LivenessWheel({ activityTicks: 2, pongTicks: 3 });
    const probes = Array.from({ length: 5 }, () => probe(() => wheel));
    for (const each of probes) wheel.add(each);
    for (const index of [1, 4, 0]) {
      const removed = probes[index];
      if (removed) {
        wheel.remove(removed);
        wheel.remove(removed);
      }
    }
    for (let tick = 0; tick < 6; tick++) wheel.advance();
    expect(probes.map(({ log }) => log[0] ?? "")).toEqual(["", "", "ping 2", "ping 2", ""]);
    expect(probes[2]?.log[1]).toBe("expire 5");
  });

  test("may lose a connection while it visits the slot", () => {
    const wheel = new LivenessWheel({ activityTicks: 1, pongTicks: 1 });
    const victim = probe(() => wheel);
    const killer = probe(() => wheel);
    killer.ping = () => wheel.remove(victim);
    wheel.add(victim);
    wheel.add(killer);
    for (let tick = 0; tick < 4; tick++) wheel.advance();
    expect(victim.log).toEqual([]);
  });
});
