// What a client's application gets, in a form in which two lists can be compared.

/** One event as an application sees it, and the parts of its frame that must be there too. */
export interface Delivery {
  readonly event: string;
  /** Always a string; any other value means that a client could not decode a frame. */
  readonly data: unknown;
  /** The tags as an object; undefined if there are none. */
  readonly tags?: unknown;
  readonly userId?: unknown;
}

/** A delivery that is due. It is optional if a newer one of the same key follows. */
export interface Due {
  readonly delivery: Delivery;
  readonly required: boolean;
}

/** The delivery as one text. Texts are equal if and only if the deliveries are. */
export function deliveryText({ event, data, tags, userId }: Delivery): string {
  return JSON.stringify([event, data, tags ?? null, userId ?? null]);
}

/** Whether the deliveries are those that were due, in order, with only optional ones left out. */
export function fulfils(delivered: readonly Delivery[], due: readonly Due[]): boolean {
  const texts = delivered.map(deliveryText);
  // The positions in the list of due texts that can have been reached so far.
  let reached = new Set([0]);
  for (const { delivery, required } of due) {
    const wanted = deliveryText(delivery);
    const next = new Set<number>(required ? [] : reached);
    for (const at of reached) if (texts[at] === wanted) next.add(at + 1);
    reached = next;
  }
  return reached.has(texts.length);
}
