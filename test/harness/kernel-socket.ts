// A TCP connection made by the system alone, with no event loop behind it: what is sent to it stays in the
// kernel until `read` is called, so that it is as slow as a test wants, and its buffers are small, so that a
// thousand of them cost the machine little. Linux with glibc only, as the numbers and the name of the
// library below.
import { dlopen, FFIType, ptr } from "bun:ffi";
import { until } from "./deadline.ts";
import type { Scope } from "./scope.ts";
import type { Place } from "./tcp-connection.ts";

// Linux's numbers, of <sys/socket.h> and <netinet/tcp.h>.
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const IPPROTO_TCP = 6;
const TCP_MAXSEG = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** A classic BPF program, of <linux/filter.h>: the one instruction that returns 0 bytes of each packet. */
const DROP_ALL = new Uint8Array([0x06, 0, 0, 0, 0, 0, 0, 0]);
const RECEIVE_BUFFER_BYTES = 4096;
/** The server's own buffer in the kernel follows the segments: with the large ones of a loopback it is megabytes. */
const SEGMENT_BYTES = 1000;

const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  setsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i32,
  },
  bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
});

const incoming = new Uint8Array(65_536);

/** The sizes of the kernel's buffers: small ones, or as the system makes them. */
export type Buffers = "small" | "usual";

/** One connection. */
export class KernelSocket {
  readonly #descriptor: number;
  #open = true;

  /** Connects, from an address whose last number is `from`. @throws when the system refuses. */
  constructor(scope: Scope, { port }: Place, buffers: Buffers = "small", from = 1) {
    this.#descriptor = must("make a socket", libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    scope.add(() => this.close());
    if (buffers === "small") this.#set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    this.#set(IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
    const own = loopback(from, 0);
    must("bind", libc.bind(this.#descriptor, ptr(own), own.length));
    const address = loopback(1, port);
    must("connect", libc.connect(this.#descriptor, ptr(address), address.length));
  }

  /** Sends what the system takes at once, and returns how much that is; -1 when the connection has ended or the server does not read. */
  send(bytes: string | Uint8Array): number {
    if (!this.#open) return -1;
    const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return Number(libc.send(this.#descriptor, ptr(buffer), buffer.length, flags));
  }

  /** Takes what has come, at most so much and 64 KB: null when there is nothing, empty when the server has ended the connection. */
  read(maxBytes: number = incoming.length): Uint8Array | null {
    const length = Math.min(maxBytes, incoming.length);
    const taken = Number(libc.recv(this.#descriptor, ptr(incoming), length, MSG_DONTWAIT));
    return taken < 0 ? null : incoming.slice(0, taken);
  }

  /** Reads until what has come matches. */
  async reads(pattern: RegExp): Promise<RegExpExecArray> {
    let text = "";
    const found = await until(() => {
      text += Buffer.from(this.read() ?? []).toString("latin1");
      return pattern.exec(text);
    }, `${pattern} on the connection`);
    if (found === null) throw new Error("until() returns truthy values only");
    return found;
  }

  /** Drops every packet that comes, as when the machine or its network is gone: nothing is acknowledged any more. */
  vanish(): void {
    const program = new DataView(new ArrayBuffer(16));
    program.setUint16(0, 1, true);
    program.setBigUint64(8, BigInt(ptr(DROP_ALL)), true);
    must(
      "drop packets",
      libc.setsockopt(this.#descriptor, SOL_SOCKET, SO_ATTACH_FILTER, ptr(program), 16),
    );
  }

  /** Ends the connection. Nothing happens the second time. */
  close(): void {
    if (this.#open) libc.close(this.#descriptor);
    this.#open = false;
  }

  #set(level: number, option: number, value: number): void {
    const bytes = new Int32Array([value]);
    must(
      "set up a socket",
      libc.setsockopt(this.#descriptor, level, option, ptr(bytes), bytes.byteLength),
    );
  }
}

/** 127.0.0.`last` as the system has it. */
function loopback(last: number, port: number): Uint8Array {
  const address = new Uint8Array(16);
  // The family in the machine's order, the port and the address in the network's.
  address.set(new Uint8Array(new Uint16Array([AF_INET]).buffer));
  address.set([port >> 8, port & 0xff, 127, 0, 0, last], 2);
  return address;
}

function must(act: string, result: number): number {
  if (result < 0) throw new Error(`Cannot ${act}: the system refuses`);
  return result;
}
