// The bus between the workers of this machine, as the primary has it: the router, the folder of its socket, and who may
// join. With a broker there is none: each worker is a node of the broker's.
import { join } from "node:path";
import type { LocalBusPlace } from "../cluster/local/place.ts";
import { Router, type RouterFigures } from "../cluster/local/router.ts";
import type { Config } from "../config/config.ts";
import { reasonOf } from "../log/reason.ts";
import {
  makePrivateFolder,
  removePrivateFolder,
  removeStaleFolders,
} from "../process/private-folder.ts";
import { StartError } from "./start-error.ts";

const SOCKET = "bus";

/** Where a worker finds the bus. Both are null with a broker. */
export interface BusInvitation {
  readonly bus: LocalBusPlace | null;
  /** The folder of the socket. */
  readonly folder: string | null;
}

/** Lets workers join, and tells the others when one has ended. */
export interface WorkerBus {
  /** Called for each process anew, by the number of its worker. */
  readonly invite: (worker: number) => BusInvitation;
  /** The process of this worker has ended. */
  readonly ended: (worker: number) => void;
  /** Null with a broker. */
  readonly figures: (() => RouterFigures) | null;
  readonly close: () => void;
}

const NO_BUS: WorkerBus = {
  invite: () => ({ bus: null, folder: null }),
  ended() {},
  figures: null,
  close() {},
};

/** Opens it. @throws StartError when the socket cannot be made. */
export async function openWorkerBus(
  { adapterDriver }: Config,
  env: Readonly<Record<string, string | undefined>>,
): Promise<WorkerBus> {
  if (adapterDriver !== "local") return NO_BUS;
  try {
    await removeStaleFolders(env, SOCKET);
    const folder = makePrivateFolder(env, SOCKET);
    return routedBus(folder);
  } catch (error) {
    throw new StartError(reasonOf(error), { cause: error });
  }
}

function routedBus(folder: string): WorkerBus {
  const path = join(folder, SOCKET);
  const router = new Router(path);
  const tokens = new Map<number, string>();
  return {
    invite(worker) {
      const token = router.invite();
      tokens.set(worker, token);
      return { bus: { path, token }, folder };
    },
    ended(worker) {
      const token = tokens.get(worker);
      tokens.delete(worker);
      if (token !== undefined) router.ended(token);
    },
    figures: () => router.figures,
    close() {
      router.close();
      removePrivateFolder(folder);
    },
  };
}
