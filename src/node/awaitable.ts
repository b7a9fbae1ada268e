// A value that is there, or will be. Alone a node always has its values at once; then nothing waits and
// no promise is made.

/** A value, or the promise of one. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Goes on with the value: at once when it is there. */
export function whenReady<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All of the values: at once when all are there. */
export function allReady<Value>(values: readonly Awaitable<Value>[]): Awaitable<readonly Value[]> {
  return values.every(isThere) ? values : Promise.all(values);
}

function isThere<Value>(value: Awaitable<Value>): value is Value {
  return !(value instanceof Promise);
}
