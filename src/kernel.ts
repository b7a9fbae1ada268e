// What the listening sockets need of Linux and the runtime has no name for. Connections inherit it
// from their listener. Everything here is a matter of quality: without it the server works as well,
// but slow clients and takeovers of the port are served worse.
import { dlopen, FFIType, type Library, ptr } from "bun:ffi";
import { closeSync, openSync, readdirSync } from "node:fs";

/** Longer than a handshake and its first request take to come from afar. */
const SETTLE_MS = 500;

/**
 * What the kernel takes for a client beyond what it can send at once. By default it is megabytes: all that
 * a slow client must read before anything newer, and unseen by us. The rest then waits with us.
 */
const MAX_UNSENT_BYTES = 32_768;

const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_ACCEPTCONN = 30;
const O_CLOEXEC = 0o2000000;

const INSTRUCTION_BYTES = 8;
type Program = readonly (readonly [code: number, jumpTrue: number, jumpFalse: number, k: number])[];

/**
 * A classic BPF program over the TCP header, as in <linux/filter.h>: a packet with SYN is dropped, all others pass.
 * Never collected: the system is given its address alone.
 */
const DROP_SYN: DataView = programOf([
  [0x30, 0, 0, 13], // load the byte of the flags
  [0x45, 0, 1, 0x02], // is SYN set?
  [0x06, 0, 0, 0], // return 0 bytes
  [0x06, 0, 0, 0xffff_ffff], // return the whole packet
]);

const INT_BYTES = 4;
const ADDRESS_BYTES = 128;

const SYMBOLS = {
  setsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i32,
  },
  getsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
    returns: FFIType.i32,
  },
  getsockname: { args: [FFIType.i32, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  getpeername: { args: [FFIType.i32, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  dup3: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
} as const;

type Libc = Library<typeof SYMBOLS>["symbols"];

/** The listeners that this process has on a TCP port, by their descriptors. None on systems other than Linux. */
export class Listeners {
  readonly #port: number;
  readonly #refused: (error: unknown) => void;

  /** `refused` is told when the system does not do what is asked of it. */
  constructor(port: number, refused: (error: unknown) => void) {
    this.#port = port;
    this.#refused = refused;
  }

  /** Those of now. */
  descriptors(): readonly number[] {
    return this.#thatAre(listens);
  }

  /** Connections of the port that are open, of every listener that this process has had. */
  get connectionCount(): number {
    return this.#thatAre(isConnected).length;
  }

  /** Lets the kernel keep little for the clients of those that listen now. */
  keepLittleUnsent(): void {
    const value = new Int32Array([MAX_UNSENT_BYTES]);
    this.#set(this.descriptors(), { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT, value });
  }

  /**
   * Lets no new connect in, and resolves when those under way have arrived: then these may close. Linux
   * resets the connections that wait in a listener's queue when it closes, even where another listener of
   * the port would take them. Who comes meanwhile repeats his SYN after a second, as for a lost packet, and
   * meets the other listener.
   */
  async deafen(descriptors: readonly number[]): Promise<void> {
    if (descriptors.length === 0) return;
    const value = new DataView(new ArrayBuffer(16));
    value.setUint16(0, DROP_SYN.byteLength / INSTRUCTION_BYTES, true);
    value.setBigUint64(8, BigInt(ptr(DROP_SYN)), true);
    this.#set(descriptors, { level: SOL_SOCKET, name: SO_ATTACH_FILTER, value });
    await Bun.sleep(SETTLE_MS);
  }

  /**
   * Ends their listening and no connection of theirs, which the runtime's `stop` would: it closes those that are kept
   * between two requests, also when one is under way. The descriptor goes on as one of nothing, for the runtime to
   * close. False when the system does not do it.
   */
  close(descriptors: readonly number[]): boolean {
    // One that was closed meanwhile may be another's by now.
    const listening = new Set(this.descriptors());
    const those = descriptors.filter((descriptor) => listening.has(descriptor));
    if (those.length === 0) return false;
    const closed = this.#ask(({ dup3 }) => {
      const nothing = openSync("/dev/null", "r");
      try {
        for (const descriptor of those)
          if (dup3(nothing, descriptor, O_CLOEXEC) !== descriptor)
            throw new Error(`Cannot close listener "${descriptor}": Linux refuses`);
      } finally {
        closeSync(nothing);
      }
      return true;
    });
    return closed ?? false;
  }

  #thatAre(kind: (libc: Libc, descriptor: number) => boolean): readonly number[] {
    if (process.platform !== "linux") return [];
    return (
      this.#ask((libc) =>
        readdirSync("/proc/self/fd")
          .map(Number)
          .filter((fd) => portOf(libc, fd) === this.#port && kind(libc, fd)),
      ) ?? []
    );
  }

  #set(descriptors: readonly number[], { level, name, value }: SocketOption): void {
    if (descriptors.length === 0) return;
    this.#ask(({ setsockopt }) => {
      for (const descriptor of descriptors)
        if (setsockopt(descriptor, level, name, ptr(value), value.byteLength) !== 0)
          throw new Error(`Cannot set option "${name}" of listener "${descriptor}": Linux refuses`);
    });
  }

  #ask<Result>(question: (libc: Libc) => Result): Result | null {
    try {
      // musl takes this name for itself.
      const library = dlopen("libc.so.6", SYMBOLS);
      try {
        return question(library.symbols);
      } finally {
        library.close();
      }
    } catch (error) {
      this.#refused(error);
      return null;
    }
  }
}

interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: Int32Array | DataView;
}

function listens({ getsockopt }: Libc, descriptor: number): boolean {
  const value = new Int32Array(1);
  const bytes = new Uint32Array([INT_BYTES]);
  return (
    getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, ptr(value), ptr(bytes)) === 0 &&
    value[0] === 1
  );
}

function isConnected({ getpeername }: Libc, descriptor: number): boolean {
  const address = new DataView(new ArrayBuffer(ADDRESS_BYTES));
  return getpeername(descriptor, ptr(address), ptr(new Uint32Array([ADDRESS_BYTES]))) === 0;
}

function portOf({ getsockname }: Libc, descriptor: number): number {
  const address = new DataView(new ArrayBuffer(ADDRESS_BYTES));
  const bytes = new Uint32Array([ADDRESS_BYTES]);
  if (getsockname(descriptor, ptr(address), ptr(bytes)) !== 0) return -1;
  // The same place in an IPv4 address and in an IPv6 one; a Unix socket's path has letters there.
  return address.getUint16(2);
}

function programOf(instructions: Program): DataView {
  const program = new DataView(new ArrayBuffer(instructions.length * INSTRUCTION_BYTES));
  for (const [index, [code, jumpTrue, jumpFalse, k]] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    program.setUint16(at, code, true);
    program.setUint8(at + 2, jumpTrue);
    program.setUint8(at + 3, jumpFalse);
    program.setUint32(at + 4, k, true);
  }
  return program;
}
