// Things that the server accepts although Pusher refuses them, because other servers accept them
// and applications rely on that.

/** The name of what is accepted. */
export type Leniency = "user_info_true";

/** The log message for each. */
export const LENIENCIES: Readonly<Record<Leniency, string>> = {
  user_info_true:
    "user_info of a presence member is true, it should be an object: let the channel's callback return one (strict_presence refuses it)",
};
