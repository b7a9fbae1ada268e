// Closing a TCP listener so that no connect is lost. Linux resets the connections that wait in a
// listener's queue when it closes, even where another listener of the port would take them. So a
// listener first becomes deaf to new connects, finishes those begun, and only then closes. Who comes
// meanwhile repeats his SYN after a second, as for a lost packet, and meets the other listener.
import { dlopen, FFIType, type Library, ptr } from "bun:ffi";
import { readdirSync } from "node:fs";

/** Longer than a handshake and its first request take to come from afar. */
const SETTLE_MS = 500;

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_ACCEPTCONN = 30;
/** A classic BPF program over the TCP header, as in socket(7): a packet with SYN is dropped, all others pass. */
const DROP_SYN: readonly (readonly [
  code: number,
  jumpTrue: number,
  jumpFalse: number,
  k: number,
])[] = [
  [0x30, 0, 0, 13], // load the byte of the flags
  [0x45, 0, 1, 0x02], // is SYN set?
  [0x06, 0, 0, 0], // return 0 bytes
  [0x06, 0, 0, 0xffff_ffff], // return the whole packet
];

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
} as const;

type Libc = Library<typeof SYMBOLS>["symbols"];

/** The descriptors of this process's listeners on a TCP port. Empty on systems other than Linux. Throws when the system's library cannot be called. */
export function listenersOn(port: number): readonly number[] {
  if (process.platform !== "linux") return [];
  return withLibc((libc) =>
    readdirSync("/proc/self/fd")
      .map(Number)
      .filter((descriptor) => listens(libc, descriptor) && portOf(libc, descriptor) === port),
  );
}

/** Lets no new connect in, and resolves when those under way have arrived: then the listeners may close. Throws when the system refuses. */
export async function deafen(listeners: readonly number[]): Promise<void> {
  if (listeners.length === 0) return;
  withLibc((libc) => {
    for (const descriptor of listeners) dropConnects(libc, descriptor);
  });
  await Bun.sleep(SETTLE_MS);
}

function withLibc<Result>(use: (libc: Libc) => Result): Result {
  // musl takes this name for itself.
  const library = dlopen("libc.so.6", SYMBOLS);
  try {
    return use(library.symbols);
  } finally {
    library.close();
  }
}

function listens({ getsockopt }: Libc, descriptor: number): boolean {
  const value = new Int32Array(1);
  const bytes = new Uint32Array([INT_BYTES]);
  return (
    getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, ptr(value), ptr(bytes)) === 0 &&
    value[0] === 1
  );
}

function portOf({ getsockname }: Libc, descriptor: number): number {
  const address = new DataView(new ArrayBuffer(ADDRESS_BYTES));
  const bytes = new Uint32Array([ADDRESS_BYTES]);
  if (getsockname(descriptor, ptr(address), ptr(bytes)) !== 0) return -1;
  // The same place in an IPv4 address and in an IPv6 one; a Unix socket's path has letters there.
  return address.getUint16(2);
}

function dropConnects({ setsockopt }: Libc, descriptor: number): void {
  const filter = new DataView(new ArrayBuffer(DROP_SYN.length * 8));
  for (const [index, [code, jumpTrue, jumpFalse, k]] of DROP_SYN.entries()) {
    filter.setUint16(index * 8, code, true);
    filter.setUint8(index * 8 + 2, jumpTrue);
    filter.setUint8(index * 8 + 3, jumpFalse);
    filter.setUint32(index * 8 + 4, k, true);
  }
  const program = new DataView(new ArrayBuffer(16));
  program.setUint16(0, DROP_SYN.length, true);
  program.setBigUint64(8, BigInt(ptr(filter)), true);
  if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, ptr(program), 16) !== 0)
    throw new Error(
      `Cannot hold off connects to listener "${descriptor}": the system refuses the filter`,
    );
}
