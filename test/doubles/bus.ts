// A bus within one process: messages go to all members that have joined the topic, at once and in order. The test can
// break the connection of a member.
import type { Bus, BusMember, OpenBus } from "../../src/cluster/bus.ts";

/** A member of the bus. */
interface Member {
  readonly about: BusMember;
  readonly topics: Set<string>;
  isConnected: boolean;
}

/** A bus for the nodes of one test. */
export class ProcessBus {
  readonly #members: Set<Member> = new Set();
  /** Everything that was published, as topic and text. */
  readonly published: (readonly [topic: string, text: string])[] = [];

  /** Opens the bus for a node. */
  readonly open: OpenBus = (about) => {
    const member: Member = { about, topics: new Set(), isConnected: true };
    this.#members.add(member);
    const bus: Bus = {
      publish: (topic, text) => member.isConnected && this.#publish(topic, text),
      join: async (topic) => void member.topics.add(topic),
      leave: (topic) => void member.topics.delete(topic),
      probe: () => (member.isConnected ? Promise.resolve() : new Promise(() => {})),
      reconnect: () => {},
      close: async () => void this.#members.delete(member),
    };
    return Promise.resolve(bus);
  };

  /** Breaks the connection of a node. */
  cut(nodeId: string): void {
    const member = this.#member(nodeId);
    member.isConnected = false;
    member.about.lost("cut by the test");
  }

  /** Makes the connection again. */
  mend(nodeId: string): void {
    const member = this.#member(nodeId);
    member.isConnected = true;
    member.about.regained();
  }

  #publish(topic: string, text: string): true {
    this.published.push([topic, text]);
    for (const { about, topics, isConnected } of this.#members)
      if (isConnected && topics.has(topic)) about.message(topic, text);
    return true;
  }

  #member(nodeId: string): Member {
    for (const member of this.#members) if (member.about.nodeId === nodeId) return member;
    throw new Error(`Cannot find node "${nodeId}": it has not opened the bus`);
  }
}
