// The stream of what happens in the apps. The hub writes to it in the same synchronous step in which
// something becomes true, so readers see events in the order in which they happened.
//
// Readers run inside that step: they must return at once and must not call back into the hub. One that
// throws is reported; the other readers and the hub go on.
import type { App } from "../protocol/app.ts";
import type { AppEvent, ChannelEvent, TraceEvent } from "./app-event.ts";

/** Receives channel events for as long as the node runs. */
export interface ChannelEventListener {
  note(app: App, event: ChannelEvent): void;
}

/** Receives every event until it is removed. */
export type Tap = (app: App, event: AppEvent) => void;

/** Delivers events to listeners, which are fixed when the node is composed, and to taps, which come and go. */
export class EventStream {
  readonly #listeners: readonly ChannelEventListener[];
  readonly #report: (error: unknown) => void;
  /** In objects of their own, so that one function can be added twice and removed once. */
  readonly #taps: Set<{ readonly tap: Tap }> = new Set();
  /** Whether there is a tap. Callers of `trace` check this first, so that an event nobody reads is never built. */
  isTapped = false;

  /** `report` is called with each error that a listener or a tap throws. */
  constructor(listeners: readonly ChannelEventListener[], report: (error: unknown) => void) {
    this.#listeners = listeners;
    this.#report = report;
  }

  /** Delivers a channel event to the listeners, in their order, and then to the taps. */
  note(app: App, event: ChannelEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener.note(app, event);
      } catch (error) {
        this.#report(error);
      }
    }
    if (this.isTapped) this.#tell(app, event);
  }

  /** Delivers a trace event to the taps. To be called only while `isTapped`. */
  trace(app: App, event: TraceEvent): void {
    this.#tell(app, event);
  }

  /** Adds a tap. The returned function removes it; calling that again does nothing. */
  tap(tap: Tap): () => void {
    const entry = { tap };
    this.#taps.add(entry);
    this.isTapped = true;
    return () => {
      this.#taps.delete(entry);
      this.isTapped = this.#taps.size > 0;
    };
  }

  #tell(app: App, event: AppEvent): void {
    for (const { tap } of this.#taps) {
      try {
        tap(app, event);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
