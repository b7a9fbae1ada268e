// The primary as a worker has it: orders come, reports go. When the primary has gone, the worker must end.

/** What a worker does with what comes from its primary. */
export interface PrimaryHandlers<Order> {
  readonly ordered: (order: Order) => void;
  /** Called once, when the primary has ended in whatever way. */
  readonly gone: () => void;
}

/** Opens the channel. Returns what sends reports. */
export function openPrimaryChannel<Order>({
  ordered,
  gone,
}: PrimaryHandlers<Order>): (report: unknown) => void {
  process.on("message", (order: Order) => ordered(order));
  process.once("disconnect", gone);
  return (report) => {
    // Without its primary nobody reads it.
    if (process.connected) process.send?.(report);
  };
}
