// The kinds of value that are used both for all channels and for some channels of one app.

import type { Algorithm } from "../protocol/delta-request.ts";
import { oneOf, text, whole, type Kind, type Scalar } from "./kinds.ts";

/** Other names of algorithms: VCDIFF is the standard's name for the format that xdelta3 writes. */
export const OTHER_ALGORITHMS: Readonly<Record<string, "xdelta3">> = { vcdiff: "xdelta3" };

/** The algorithm that encodes deltas. */
export const ALGORITHM: Kind<Algorithm> = oneOf(["fossil", "xdelta3"], { same: OTHER_ALGORITHMS });

/** The path of the conflation key in an event's data: names with dots between them. */
export const KEY_PATH: Scalar<string> = text(
  'empty, or names with dots between them such as "quote.symbol"',
  /^([^.]+(\.[^.]+)*)?$/,
);

/** How many conflation keys of one channel are tracked at once. */
export const KEY_COUNT: Scalar<number> = whole({ min: 1, max: 1_000_000 });
