// Socket options of Linux for the listening sockets that the runtime does not offer. Connections inherit them from
// their listener. None of them is essential: without them the server works, but lagging clients wait longer for new data
// and taking over a port resets some connects.
import { dlopen, FFIType, type Library, ptr } from "bun:ffi";
import { closeSync, openSync, readdirSync } from "node:fs";

/** Longer than a TCP handshake and the first request take over a slow path. */
const SETTLE_MS = 500;

/**
 * What the kernel buffers for a client beyond what it can send at once. The default is megabytes: a lagging client must
 * read all of that before anything newer, and we cannot see it. The rest then waits in our own buffers.
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
 * A constant, since the system is given only its address: it must never be garbage-collected.
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

/** The listening sockets of this process on a TCP port, by descriptor. On systems other than Linux there are none. */
export class Listeners {
  readonly #port: number;
  readonly #refused: (error: unknown) => void;

  /** `refused` is called when a system call fails. */
  constructor(port: number, refused: (error: unknown) => void) {
    this.#port = port;
    this.#refused = refused;
  }

  /** The sockets that listen now. */
  descriptors(): readonly number[] {
    return this.#thatAre(listens);
  }

  /** Open connections of the port, whichever listener of this process accepted them. */
  get connectionCount(): number {
    return this.#thatAre(isConnected).length;
  }

  /** Limits what the kernel buffers for clients of the sockets that listen now. */
  keepLittleUnsent(): void {
    const value = new Int32Array([MAX_UNSENT_BYTES]);
    this.#set(this.descriptors(), { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT, value });
  }

  /**
   * Refuses new connects and resolves when those under way have arrived; then the sockets can be closed. When a listener
   * closes, Linux resets the connections in its queue, even if another listener has the port. A client whose SYN is
   * dropped repeats it after a second, as for a lost packet, and reaches the other listener.
   */
  async refuseNewConnects(descriptors: readonly number[]): Promise<void> {
    if (descriptors.length === 0) return;
    const value = new DataView(new ArrayBuffer(16));
    value.setUint16(0, DROP_SYN.byteLength / INSTRUCTION_BYTES, true);
    value.setBigUint64(8, BigInt(ptr(DROP_SYN)), true);
    this.#set(descriptors, { level: SOL_SOCKET, name: SO_ATTACH_FILTER, value });
    await Bun.sleep(SETTLE_MS);
  }

  /**
   * Ends their listening but none of their connections. The runtime's `stop` would also close connections between two
   * requests, even when one is arriving. The descriptor then refers to /dev/null, until the runtime closes it. False when
   * a system call fails.
   */
  close(descriptors: readonly number[]): boolean {
    // A descriptor that was closed meanwhile may belong to another file by now.
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
      // musl answers to this name, too.
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
  // IPv4 and IPv6 addresses have the port at the same offset; in a Unix socket's path there are letters.
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
