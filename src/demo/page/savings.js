// The figures: how many bytes deltas have saved on this connection. They are updated once a second, so that they are
// readable.
import { bytes, percent, whole } from "./numbers.js";
import { Traffic } from "./traffic.js";

/** The number of seconds over which rates are averaged, so that they do not flicker. */
const RATE_SECONDS = 5;
const NO_STATS = { messages: 0, bytesReceived: 0, bytesWithoutDelta: 0 };

/** The figures. `find` returns the element with an id. */
export class Savings {
  #find;
  #traffic;
  #last = NO_STATS;
  #lastMs = performance.now();
  /** The rates of the last seconds. */
  #seconds = [];
  #isOn = true;

  constructor(find) {
    this.#find = find;
    this.#traffic = new Traffic(find("traffic"), find("traffic-scale"));
  }

  /** Resets the figures for a new connection. */
  restart(isOn) {
    this.#isOn = isOn;
    this.#last = NO_STATS;
    this.#lastMs = performance.now();
    this.#seconds = [];
    document.documentElement.dataset.delta = isOn ? "on" : "off";
    this.#write("saved", isOn ? "–" : percent(0));
    this.#write(
      "lede",
      isOn
        ? "Measuring what arrives on this page’s connection."
        : "Delta compression is off: every quote arrives whole.",
    );
  }

  /** Receives the counts of the connection about once a second. Timers of a busy browser may be late. */
  tick(stats) {
    const nowMs = performance.now();
    const seconds = (nowMs - this.#lastMs) / 1000;
    const second = {
      messages: (stats.messages - this.#last.messages) / seconds,
      received: (stats.bytesReceived - this.#last.bytesReceived) / seconds,
      whole: (stats.bytesWithoutDelta - this.#last.bytesWithoutDelta) / seconds,
    };
    this.#last = stats;
    this.#lastMs = nowMs;
    this.#traffic.add(second);
    this.#seconds.push(second);
    if (this.#seconds.length > RATE_SECONDS) this.#seconds.shift();
    this.#showRates();
    if (stats.messages > 0) this.#showTotals(stats);
  }

  #showRates() {
    const rate = (name) =>
      this.#seconds.reduce((sum, second) => sum + second[name], 0) / this.#seconds.length;
    this.#write("rate-received", `${bytes(rate("received"))}/s`);
    this.#write("rate-whole", `${bytes(rate("whole"))}/s`);
    this.#write("messages-rate", whole(rate("messages")));
  }

  #showTotals({ messages, bytesReceived, bytesWithoutDelta }) {
    const received = bytes(bytesReceived);
    const without = bytes(bytesWithoutDelta);
    this.#write("bytes-received", received);
    this.#write("bytes-whole", without);
    this.#write("bytes-message", bytes(bytesReceived / messages));
    if (!this.#isOn) return;
    this.#write("saved", percent(1 - bytesReceived / bytesWithoutDelta));
    this.#write("lede", `This page received ${received}. Whole quotes would have been ${without}.`);
  }

  #write(id, text) {
    const element = this.#find(id);
    if (element.textContent !== text) element.textContent = text;
  }
}
