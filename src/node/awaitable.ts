// Values that may have to be waited for. A node that runs alone has every value at once, so nothing
// waits and no promise is created.

/** A value, or a promise of it. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Calls `next` with the value: immediately if it is there, otherwise when the promise resolves. */
export function whenReady<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All values as a list: immediately if all are there, otherwise as a promise. */
export function allReady<Value>(values: readonly Awaitable<Value>[]): Awaitable<readonly Value[]> {
  return values.every(isReady) ? values : Promise.all(values);
}

function isReady<Value>(value: Awaitable<Value>): value is Value {
  return !(value instanceof Promise);
}
