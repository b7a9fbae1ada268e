// What is let in although Pusher refuses it, since other servers let it in and applications rely on it.

/** What it is. */
export type Leniency = "user_info_true";

/** What the log says of each. */
export const LENIENCIES: Readonly<Record<Leniency, string>> = {
  user_info_true:
    "user_info of a presence member is true, it should be an object: let the channel's callback return one (strict_presence refuses it)",
};
