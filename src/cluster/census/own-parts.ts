// The parts of this node itself, as operations for the owners of the keys.
import type { Operation } from "./operations.ts";
import type { CensusOutput } from "./output.ts";
import { FOLLOW, type MemberEntry } from "./part.ts";
import type { Views } from "./views.ts";

/** A change of the own part of a key. */
export type PartOperation = Extract<Operation, readonly ["part", ...unknown[]]>;

/** The parts of this node. */
export class OwnParts {
  readonly #source: Pick<CensusOutput, "part" | "member" | "keys">;
  readonly #views: Views;
  /** Keys whose part has changed, with the users whose membership has. */
  #changes: Map<string, Set<string> | null> = new Map();

  constructor(source: Pick<CensusOutput, "part" | "member" | "keys">, views: Views) {
    this.#source = source;
    this.#views = views;
  }

  /** The part of a key has changed, or the membership of one user. */
  change(key: string, userId: string | null): void {
    const users = this.#changes.get(key) ?? null;
    if (userId === null) this.#changes.set(key, users);
    else if (users === null) this.#changes.set(key, new Set([userId]));
    else users.add(userId);
  }

  hasChanged(key: string): boolean {
    return this.#changes.has(key);
  }

  /** The changes since the last call. */
  takeChanges(): readonly PartOperation[] {
    if (this.#changes.size === 0) return NOTHING;
    const changes = this.#changes;
    this.#changes = new Map();
    return [...changes].map(([key, userIds]) => this.#changed(key, userIds));
  }

  /** The keys of which this node has a part, and those that it only follows. */
  *keys(): Iterable<string> {
    const held = new Set<string>();
    for (const key of this.#source.keys()) {
      if (this.#views.get(key) !== undefined) held.add(key);
      yield key;
    }
    for (const key of this.#views.keys) if (!held.has(key)) yield key;
  }

  /** The whole part. `former` is the node that owned the key before; empty if the owner is the same. */
  whole(key: string, former: string): Operation {
    const { count, members } = this.#source.part(key);
    const view = this.#views.get(key);
    const seen: readonly MemberEntry[] = former === "" ? [] : [...(view?.members ?? [])];
    return ["whole", key, count, view?.follow ?? FOLLOW.nothing, [...members], seen, former];
  }

  #changed(key: string, userIds: ReadonlySet<string> | null): PartOperation {
    const added: MemberEntry[] = [];
    const removed: string[] = [];
    for (const userId of userIds ?? []) {
      const info = this.#source.member(key, userId);
      if (info === undefined) removed.push(userId);
      else added.push([userId, info]);
    }
    const { count } = this.#source.part(key);
    const follow = this.#views.get(key)?.follow ?? FOLLOW.nothing;
    return ["part", key, count, follow, added, removed];
  }
}

const NOTHING: readonly PartOperation[] = [];
