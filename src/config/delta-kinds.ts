// The kinds of value that delta compression has twice: for all channels, and for some channels of one app.

import type { Algorithm } from "../protocol/delta-request.ts";
import { oneOf, text, whole, type Kind, type Scalar } from "./kinds.ts";

/** Another name of an algorithm, as the standard calls its format. */
export const OTHER_ALGORITHMS: Readonly<Record<string, "xdelta3">> = { vcdiff: "xdelta3" };

/** How deltas are written. */
export const ALGORITHM: Kind<Algorithm> = oneOf(["fossil", "xdelta3"], { same: OTHER_ALGORITHMS });

/** Where the conflation key of an event is: names that lead into its data. */
export const KEY_PATH: Scalar<string> = text(
  'empty, or names with dots between them such as "quote.symbol"',
  /^([^.]+(\.[^.]+)*)?$/,
);

/** How many conflation keys of one channel are followed at once. */
export const KEY_COUNT: Scalar<number> = whole({ min: 1, max: 1_000_000 });
