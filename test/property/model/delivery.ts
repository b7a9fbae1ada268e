// What a client's application is handed, in a form that two lists of it can be compared in.

/** One event as an application sees it, and the parts of its frame that must come along. */
export interface Delivery {
  readonly event: string;
  /** A string always: anything else is a client that could not make sense of a frame. */
  readonly data: unknown;
  /** The tags as an object, undefined where there are none. */
  readonly tags?: unknown;
  readonly userId?: unknown;
}

/** A delivery that is due, or that may be left out because a newer one of its key follows. */
export interface Due {
  readonly delivery: Delivery;
  readonly required: boolean;
}

/** The delivery as one text: equal texts, equal deliveries. */
export function deliveryText({ event, data, tags, userId }: Delivery): string {
  return JSON.stringify([event, data, tags ?? null, userId ?? null]);
}

/** Whether what was delivered is what was due, in its order, with nothing but optional ones left out. */
export function fulfils(delivered: readonly Delivery[], due: readonly Due[]): boolean {
  const texts = delivered.map(deliveryText);
  // The places in `texts` that the list of what is due can have reached so far.
  let reached = new Set([0]);
  for (const { delivery, required } of due) {
    const wanted = deliveryText(delivery);
    const next = new Set<number>(required ? [] : reached);
    for (const at of reached) if (texts[at] === wanted) next.add(at + 1);
    reached = next;
  }
  return reached.has(texts.length);
}
