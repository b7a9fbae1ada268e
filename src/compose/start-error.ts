// Why a server has not started.

/** A reason other than an address on which it cannot listen. The message is a whole sentence. */
export class StartError extends Error {}
