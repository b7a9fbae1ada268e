// Who has joined which topic. With private channels there are hundreds of thousands of topics with one member each, so
// a topic with one member holds just that, and no set.

/** The members of topics. Topics are keys of one byte a character. */
export class TopicTable<Member> {
  readonly #members = new Map<string, Member | readonly Member[]>();
  readonly #isOne: (members: Member | readonly Member[]) => members is Member;

  /** `isOne` tells a member from a list of members. */
  constructor(isOne: (members: Member | readonly Member[]) => members is Member) {
    this.#isOne = isOne;
  }

  get size(): number {
    return this.#members.size;
  }

  /** One member, or several, or undefined for none. */
  get(topic: string): Member | readonly Member[] | undefined {
    return this.#members.get(topic);
  }

  add(topic: string, member: Member): void {
    const present = this.#members.get(topic);
    if (present === undefined) this.#members.set(topic, member);
    else if (this.#isOne(present)) {
      if (present !== member) this.#members.set(topic, [present, member]);
    } else if (!present.includes(member)) this.#members.set(topic, [...present, member]);
  }

  remove(topic: string, member: Member): void {
    const present = this.#members.get(topic);
    if (present === undefined) return;
    if (this.#isOne(present)) {
      if (present === member) this.#members.delete(topic);
      return;
    }
    const [first, ...others] = present.filter((each) => each !== member);
    if (first === undefined) this.#members.delete(topic);
    else this.#members.set(topic, others.length === 0 ? first : [first, ...others]);
  }

  /** Removes the member everywhere. Looks at every topic, which is rare: a process has ended. */
  removeAll(member: Member): void {
    for (const topic of this.#members.keys()) this.remove(topic, member);
  }
}
