// What signals and uncaught errors do to a running server. SIGHUP renews the certificate. The first SIGTERM or SIGINT
// ends the server in order, the second at once.
import type { Log } from "../log/log.ts";
import { reasonOf } from "../log/reason.ts";

/** A server that signals end or renew. */
export interface RunningServer {
  readonly log: Log;
  /** Sends all clients elsewhere and ends. */
  readonly stop: () => Promise<void>;
  /** Waits until the last output is written. */
  readonly flush: () => Promise<void>;
  /** Loads the certificate again; null without TLS. */
  readonly renewCertificate: (() => Promise<void>) | null;
  /** Ends at once what would outlive this process. */
  readonly abandon?: () => void;
}

/** A worker, whose primary obeys the signals that a terminal sends to both. */
export interface RunningWorker {
  readonly log: Log;
  /** Sends all clients elsewhere and ends the process. */
  readonly end: () => void;
}

/** How a server ends. */
export interface Ending {
  /** Actions that run when the server begins to end; more may be added. */
  readonly leaving: (() => void)[];
  /** Ends the server as the first SIGTERM does, with this exit code. */
  readonly end: (code: number) => void;
}

/** Installs the handlers. */
export function obeySignals(server: RunningServer): Ending {
  const leaving: (() => void)[] = [];
  let isEnding = false;
  const end = async (code: number): Promise<void> => {
    if (isEnding) {
      server.abandon?.();
      process.exit(1);
    }
    isEnding = true;
    for (const leave of leaving) leave();
    await server.stop();
    await server.flush();
    process.exit(code);
  };
  process.on("SIGTERM", () => void end(0));
  process.on("SIGINT", () => void end(0));
  renewOnHangup(server);
  survive(server.log);
  return { leaving, end: (code) => void end(code) };
}

/** Installs the handlers of a worker. SIGTERM alone ends it, the second one at once. */
export function obeySignalsOfWorker({ log, end }: RunningWorker): void {
  let isEnding = false;
  process.on("SIGTERM", () => {
    if (isEnding) process.exit(1);
    isEnding = true;
    end();
  });
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  survive(log);
}

function renewOnHangup({ log, renewCertificate }: RunningServer): void {
  // One renewal after the other: each waits for the clients that are connecting to the former listener.
  let renewed = Promise.resolve();
  process.on("SIGHUP", () => {
    if (renewCertificate === null) log.info("nothing to take again", { reason: "TLS is off" });
    else renewed = renewed.then(() => renew(renewCertificate, log));
  });
}

async function renew(renewCertificate: () => Promise<void>, log: Log): Promise<void> {
  try {
    await renewCertificate();
    log.info("certificate renewed");
  } catch (error) {
    log.error("certificate not renewed", { reason: reasonOf(error) });
  }
}

/** An error on one connection must not end the others. */
function survive(log: Log): void {
  process.on("uncaughtException", (error) =>
    log.error("uncaught exception", { reason: reasonOf(error) }),
  );
  process.on("unhandledRejection", (reason) =>
    log.error("unhandled rejection", { reason: reasonOf(reason) }),
  );
}
