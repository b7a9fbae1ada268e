import { describe, expect, test } from "bun:test";
import { Output, type Take } from "../../../src/process/output.ts";

const KB = 1024;
const LINE = `${"x".repeat(KB - 1)}\n`;

/** A device that does what it is told. */
class Device {
  written = "";
  /** What the next writes do: take all, take a part, fail, or wait for `go`. */
  mode: "take" | "half" | "full" | "busy" | "gone" | "stall" = "take";
  #go = Promise.withResolvers<void>();
  readonly take: Take = async (bytes) => {
    if (this.mode === "stall") await this.#go.promise;
    if (this.mode === "full") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    if (this.mode === "busy") throw Object.assign(new Error("not ready"), { code: "EAGAIN" });
    if (this.mode === "gone") throw Object.assign(new Error("no reader"), { code: "EPIPE" });
    const count = this.mode === "half" ? Math.ceil(bytes.length / 2) : bytes.length;
    this.written += Buffer.from(bytes.subarray(0, count)).toString();
    return count;
  };

  go(): void {
    this.mode = "take";
    this.#go.resolve();
  }
}

function outputOn(device: Device, gone?: () => void): Output {
  return new Output({
    take: device.take,
    lossNotice: (lines) => `lost ${lines}\n`,
    ...(gone === undefined ? {} : { gone }),
  });
}

describe("Output", () => {
  test("writes everything in order, also in parts", async () => {
    const device = new Device();
    device.mode = "half";
    const output = outputOn(device);
    for (let index = 0; index < 100; index++) output.write(`${index}\n`);
    await output.flush(Infinity);
    expect(device.written).toBe(Array.from({ length: 100 }, (_, index) => `${index}\n`).join(""));
    expect(output.lostLines).toBe(0);
  });

  test("takes a text of any size when nothing waits", async () => {
    const device = new Device();
    const output = outputOn(device);
    output.write(LINE.repeat(5000));
    await output.flush(Infinity);
    expect(device.written).toHaveLength(5000 * KB);
  });

  test("keeps a megabyte for a reader that stalls, counts the rest, and tells it when it is read again", async () => {
    const device = new Device();
    device.mode = "stall";
    const output = outputOn(device);
    for (let count = 0; count < 5000; count++) output.write(LINE);
    expect(output.lostLines).toBe(5000 - KB);
    device.go();
    await output.flush(Infinity);
    while (output.lostLines > 0) await Bun.sleep(1);
    expect(device.written).toBe(`${LINE.repeat(KB)}lost ${5000 - KB}\n`);
    output.write("next\n");
    await output.flush(Infinity);
    expect(device.written).toEndWith("lost 3976\nnext\n");
  });

  test("counts what a full device does not take, and tells it on a line of its own", async () => {
    const device = new Device();
    const output = outputOn(device);
    device.mode = "half";
    output.write("a broken line\n");
    await Promise.resolve();
    device.mode = "full";
    output.write("another\nand another\n");
    await output.flush(Infinity);
    for (let count = 0; count < 10; count++) output.write("more\n");
    const lost = output.lostLines;
    expect(lost).toBe(13);
    device.mode = "take";
    while (output.lostLines > 0) await Bun.sleep(10);
    expect(device.written).toMatch(/^a brok[a-z ]*\nlost 13\n$/);
  });

  test("waits for a reader that is not ready, and loses nothing", async () => {
    const device = new Device();
    device.mode = "busy";
    const output = outputOn(device);
    output.write("patience\n");
    await output.flush(100);
    expect(device.written).toBe("");
    device.mode = "take";
    await output.flush(Infinity);
    expect([device.written, output.lostLines]).toEqual(["patience\n", 0]);
  });

  test("tells that the reader has gone", async () => {
    const device = new Device();
    device.mode = "gone";
    let gone = 0;
    const output = outputOn(device, () => gone++);
    output.write("to nobody\n");
    await output.flush(Infinity);
    expect([gone, output.lostLines]).toEqual([1, 1]);
  });
});
