// A value that is there, or will be. Alone a node always has its values at once; then nothing waits and
// no promise is made.

/** A value, or the promise of one. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Goes on with the value: at once when it is there. */
export function whenReady<Value, Result>(
  value: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
