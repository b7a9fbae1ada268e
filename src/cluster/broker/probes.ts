// The probes of a link that are under way.

/** Probes, by the text that is sent and comes back. */
export class Probes {
  readonly #waiting = new Map<string, () => void>();
  #count = 0;

  /** A new probe: the text to send, and what resolves when it has come back. */
  begin(): { readonly text: string; readonly answered: Promise<void> } {
    const text = `${++this.#count}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(text, resolve);
    return { text, answered: promise };
  }

  /** A probe has come back. */
  arrived(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString();
    this.#waiting.get(text)?.();
    this.#waiting.delete(text);
  }

  /** Nothing will come back. */
  clear(): void {
    this.#waiting.clear();
  }
}
