// A node's place in a cluster: it puts the bus, the census and the numbering of publications together, and tells what
// comes of it. It knows keys and bodies, but neither hubs nor sockets.
import type { Bus, OpenBus } from "./bus.ts";
import { Census, type CensusOutput } from "./census/census.ts";
import { type NodeFacts, PEER_TIMES } from "./census/peers.ts";
import { envelopeStart, readEnvelope, senderStart, writeEnvelope } from "./envelope.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { JoinedTopics } from "./joined-topics.ts";
import { Marks } from "./marks.ts";
import type { StationCounts, StationOutput, StationSettings } from "./ports.ts";
import { Publications } from "./publications.ts";
import { Questions } from "./questions.ts";
import { handleEnvelope, type Receiver } from "./receiver.ts";

/** The topic that all nodes have joined. */
const ALL = "all";
/** How long a node waits for others at its start, at most. */
const MAX_GATHER_MS = 3000;
/** A node that is silent for so long although it is connected is cut off. */
const PROBE_MS = 3000;
/** Changes are sent at once, and then again after this time at the earliest. */
const BATCH_MS = 20;
/** How long after one another nodes leave that end at the same moment. */
const LEAVE_STEP_MS = 40;
/** How long a node that ends waits for the last changes of others. */
const LAST_MS = 200;

/** A node's place in a cluster. */
export class Station {
  readonly census: Census;
  readonly #settings: StationSettings;
  readonly #output: StationOutput;
  readonly #publications: Publications;
  readonly #questions: Questions;
  readonly #marks: Marks = new Marks((to, id, topic) => this.#send(to, "mark", [id, topic]));
  readonly #ownStart: string;
  readonly #receiver: Receiver;
  readonly #topics: JoinedTopics;
  #received = 0;
  #sent = 0;
  #unknown = 0;
  #losses = 0;
  #bus: Bus | null = null;
  #start: string;
  #beats = 0;
  #isConnected = true;
  #foreign: string | null = null;
  #newPeerMs = 0;
  #probedMs: number | null = null;
  #flushedMs = -Infinity;
  #isFlushing = false;
  #isEnding = false;

  constructor(settings: StationSettings, output: StationOutput) {
    this.#settings = settings;
    this.#output = output;
    const { nodeId, region, regionGraceMs, nowMs } = settings;
    this.#ownStart = senderStart(nodeId);
    this.#start = envelopeStart(nodeId, 1);
    this.#topics = new JoinedTopics(nowMs);
    this.#publications = new Publications({
      deliver: output.arrived,
      send: (to, kind, rest) => this.#send(to, kind, rest),
      isSinceJoin: (topic, ageMs) => this.#topics.isSince(topic, ageMs),
      nowMs,
    });
    this.#questions = new Questions((to, id, body) => this.#send(to, "question", [id, body]));
    this.census = new Census(
      { id: nodeId, incarnation: 1, region, address: "", isLeaving: false, isYoung: true },
      { ...PEER_TIMES, regionGraceMs },
      this.#censusOutput(),
      nowMs(),
    );
    this.#receiver = {
      census: this.census,
      publications: this.#publications,
      questions: this.#questions,
      output,
      apps: settings.apps,
      nowMs,
      marks: this.#marks,
      mark: (topic, id) => void this.#publish(topic, writeEnvelope(this.#start, "marked", [id])),
      send: (to, kind, rest) => this.#send(to, kind, rest),
      heartbeat: () => this.#heartbeat(),
      foreign: (sender) => void (this.#foreign ??= sender),
      newcomer: () => void (this.#newPeerMs = nowMs()),
    };
  }

  get counts(): StationCounts {
    return {
      ...this.#publications.counts,
      received: this.#received,
      sent: this.#sent,
      unknown: this.#unknown,
      losses: this.#losses,
    };
  }

  get nodeId(): string {
    return this.#settings.nodeId;
  }

  /** Whether the broker can be reached. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The topics that the node has joined for keys. */
  get topicCount(): number {
    return this.#topics.count;
  }

  /**
   * Joins the cluster: resolves when the nodes that are there are known and have sent what this node owns. Rejects if the
   * bus cannot be opened, or if another cluster is behind it.
   */
  async open(openBus: OpenBus): Promise<void> {
    const { nodeId, nowMs, gatherMs } = this.#settings;
    this.#bus = await openBus({
      nodeId,
      message: (topic, text) => this.#take(topic, text),
      lost: (reason) => this.#lose(reason),
      regained: () => this.#regain(),
      gone: (id) => this.census.end(id, nowMs()),
    });
    await Promise.all([this.#bus.join(ALL), this.#bus.join(topicOf(nodeId))]);
    void this.#publishAll("hello", [this.#heartbeat()]);
    const startMs = nowMs();
    this.#newPeerMs = startMs;
    while (nowMs() - this.#newPeerMs < gatherMs && nowMs() - startMs < MAX_GATHER_MS)
      await sleep(25);
    if (this.#foreign !== null) {
      await this.#bus.close();
      throw new Error(
        `Cannot join the nodes with prefix "${this.#settings.prefix}": they serve other apps, so this one must have another prefix`,
      );
    }
    this.census.gathered(nowMs());
    this.census.flush();
    while (!this.census.isSettled && nowMs() - startMs < 2 * MAX_GATHER_MS) await sleep(10);
  }

  /** Joins the topic of a key that the node has not joined. */
  join(key: string): Promise<void> | undefined {
    const bus = this.#bus;
    return bus === null ? undefined : this.#topics.join(key, (topic) => this.#joinOn(bus, topic));
  }

  isJoining(key: string): boolean {
    return this.#topics.isJoining(key);
  }

  /** Leaves the topic of a key that was joined, or is being joined. */
  leave(key: string): void {
    this.#topics.leave(key);
    this.#bus?.leave(key);
  }

  /**
   * Publishes a body on the topic of a key. False if the broker may not have it; then it is sent when the broker is back,
   * if it is still kept then.
   */
  publish(key: string, body: unknown): boolean | Promise<boolean> {
    const { journal } = this.#publications;
    const { number, previous } = journal.next(key);
    const text = writeEnvelope(this.#start, "publication", [number, previous, body]);
    journal.keep({ number, topic: key, text, atMs: this.#settings.nowMs() });
    return this.#sure(number, this.#isConnected && this.#publish(key, text));
  }

  /** Sends a command to all other nodes. False if the broker may not have it. */
  command(body: unknown): boolean | Promise<boolean> {
    return this.#isConnected && this.#publishAll("command", [body]);
  }

  /** Asks another node. The parts of the answer. */
  ask(nodeId: string, body: unknown, timeoutMs: number): Promise<readonly unknown[]> {
    return this.#questions.ask(nodeId, body, timeoutMs);
  }

  /** Sends the changes of the census soon: at the end of this turn, or when the last ones were sent some time ago. */
  flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const waitMs = this.#flushedMs + BATCH_MS - this.#settings.nowMs();
    if (waitMs > 0) setTimeout(this.#flush, waitMs);
    else setImmediate(this.#flush);
  }

  /** Sends the changes of the census now. */
  flushNow(): void {
    this.census.flush();
  }

  /** To be called about once a second. */
  tick(): void {
    if (this.#bus === null) return;
    const nowMs = this.#settings.nowMs();
    this.census.tick(nowMs);
    this.#start = envelopeStart(this.#settings.nodeId, this.census.self.incarnation);
    this.#announce();
    this.#publications.tick(nowMs);
    this.#topics.tick();
    if (this.#isConnected) this.#probe(nowMs);
  }

  /** From now on other nodes own what this one does. Resolves when they have taken over, or soon. */
  async leaveCluster(maxMs: number): Promise<void> {
    const { nowMs } = this.#settings;
    const deadlineMs = nowMs() + maxMs;
    // Nodes that end at the same moment leave one after the other, so that each knows who can take over.
    const ids = [this.nodeId, ...Array.from(this.census.peers.alive(), ({ id }) => id)];
    const turn = ids.toSorted().indexOf(this.nodeId);
    await sleep(Math.min(turn * LEAVE_STEP_MS, maxMs / 2));
    this.census.leave(nowMs());
    while (!this.census.isSettled && nowMs() < deadlineMs) await sleep(10);
  }

  /** Tells the others what has changed last, and hears what has changed last there. */
  async sayLast(): Promise<void> {
    this.census.flush();
    await sleep(LAST_MS);
    this.census.flush();
  }

  /** Says goodbye and disconnects. */
  async close(): Promise<void> {
    const bus = this.#bus;
    if (bus === null) return;
    this.census.flush();
    // From here on this node hears nothing: that others count it as dead is no reason to say that it lives.
    this.#isEnding = true;
    await this.#publishAll("bye", []);
    this.#bus = null;
    await bus.close();
  }

  /** Where the node can be asked directly whether it lives. */
  advertise(address: string): void {
    this.census.advertise(address);
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    this.#flushedMs = this.#settings.nowMs();
    this.census.flush();
  };

  #censusOutput(): CensusOutput {
    const output = this.#output;
    const { nowMs, askDirectly } = this.#settings;
    return {
      part: output.part,
      member: output.member,
      keys: output.keys,
      changed: output.changed,
      ready: output.ready,
      edge: output.edge,
      carried: output.carried,
      reowned: output.reowned,
      send: (to, { stream, number, content }) =>
        this.#send(
          to,
          "link",
          "isLast" in content
            ? [stream, number, content.text, content.isLast]
            : [stream, number, content],
        ),
      askAnew: (to) => this.#send(to, "anew", []),
      greet: (to) => this.#send(to, "hello", [this.#heartbeat()]),
      announce: () => {
        this.#start = envelopeStart(this.#settings.nodeId, this.census.self.incarnation);
        this.#announce();
      },
      judged: ({ id, incarnation }, verdict) =>
        void this.#publishAll("judged", [id, incarnation, verdict]),
      askDirectly: (facts) =>
        void askDirectly(facts).then((verdict) => this.census.answered(facts, verdict, nowMs())),
      ended: (id) => {
        this.#questions.ended(id);
        this.#publications.ended(id);
      },
    };
  }

  /** Joins a topic in all regions. */
  async #joinOn(bus: Bus, topic: string): Promise<void> {
    await bus.join(topic);
    await this.#marks.wait(topic, this.#otherRegions());
  }

  /** The nodes that are heard and run in another region. */
  #otherRegions(): readonly NodeFacts[] {
    const { region } = this.census.self;
    return [...this.census.peers.alive()].filter((facts) => facts.region !== region);
  }

  #heartbeat(): Heartbeat {
    return {
      facts: this.census.self,
      beat: this.census.beat(),
      number: this.#beats,
      published: this.#publications.journal.number,
      unsure: 0,
      apps: this.#settings.apps,
    };
  }

  #announce(): void {
    if (!this.#isConnected || this.#isEnding) return;
    this.#beats++;
    void this.#publishAll("beat", [
      { ...this.#heartbeat(), unsure: this.#publications.journal.takeDoubt() },
    ]);
  }

  #send(to: string, kind: string, rest: readonly unknown[]): void {
    void this.#publish(topicOf(to), writeEnvelope(this.#start, kind, rest));
  }

  #publishAll(kind: string, rest: readonly unknown[]): boolean | Promise<boolean> {
    return this.#publish(ALL, writeEnvelope(this.#start, kind, rest));
  }

  #publish(topic: string, text: string): boolean | Promise<boolean> {
    this.#sent++;
    return this.#bus?.publish(topic, text) ?? false;
  }

  #sure(number: number, sent: boolean | Promise<boolean>): boolean | Promise<boolean> {
    if (sent === true) return true;
    if (sent === false) {
      this.#publications.journal.doubt(number);
      return false;
    }
    return sent.then((isSent) => {
      if (!isSent) this.#publications.journal.doubt(number);
      return isSent;
    });
  }

  #take(topic: string, text: string): void {
    if (this.#isEnding || text.startsWith(this.#ownStart)) return;
    const envelope = readEnvelope(text);
    this.#received++;
    if (envelope === null || !handleEnvelope(this.#receiver, topic, envelope)) this.#unknown++;
  }

  #lose(reason: string): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#losses++;
    this.#probedMs = null;
    this.census.lost();
    this.#output.connection(false, reason);
  }

  #regain(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#publications.suspect();
    this.#output.connection(true, "");
    this.census.regained(this.#settings.nowMs());
  }

  /** Sends a message to this node itself. If none comes back, the broker is silent and the connection is made anew. */
  #probe(nowMs: number): void {
    if (this.#probedMs === null) {
      this.#probedMs = nowMs;
      const back = (): void => void (this.#probedMs = null);
      // A probe that fails says the same as one that does not come back.
      this.#bus?.probe().then(back, () => {});
      return;
    }
    if (nowMs - this.#probedMs < PROBE_MS) return;
    this.#lose(`no answer within ${PROBE_MS} ms`);
    this.#bus?.reconnect();
  }
}

function topicOf(nodeId: string): string {
  return `n:${nodeId}`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms));
}
