// The chart of the last minute, in steps of one second: the bytes with deltas, and what they would have been without.
// It continues when the page reconnects, so that the two modes can be compared.
import { bytes } from "./numbers.js";
import { shape } from "./sparkline.js";

const SECOND_COUNT = 60;
const WIDTH = 600;
const HEIGHT = 160;

/** The chart. `element` is an SVG element, and `scale` is the element that shows the value of the upper edge. */
export class Traffic {
  #element;
  #scale;
  #samples = [];
  #whole = shape("path", { class: "traffic-whole" });
  #wholeEdge = shape("path", { class: "traffic-whole-edge" });
  #received = shape("path", { class: "traffic-received" });
  #receivedEdge = shape("path", { class: "traffic-received-edge" });

  constructor(element, scale) {
    this.#element = element;
    this.#scale = scale;
    element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    element.append(this.#whole, this.#wholeEdge, this.#received, this.#receivedEdge);
  }

  /** Adds the figures of one second and draws. */
  add(sample) {
    this.#samples.push(sample);
    if (this.#samples.length > SECOND_COUNT) this.#samples.shift();
    const top = niceAbove(Math.max(1, ...this.#samples.map(({ whole }) => whole)));
    this.#trace(this.#whole, this.#wholeEdge, (each) => each.whole / top);
    this.#trace(this.#received, this.#receivedEdge, (each) => each.received / top);
    this.#scale.textContent = `${bytes(top)}/s`;
    const said = `Bytes a second: ${bytes(sample.received)} received, ${bytes(sample.whole)} without delta`;
    this.#element.setAttribute("aria-label", said);
  }

  #trace(area, edge, shareOf) {
    const step = WIDTH / (SECOND_COUNT - 1);
    const count = this.#samples.length;
    const points = this.#samples.map((sample, index) => {
      const x = WIDTH - (count - 1 - index) * step;
      return `${x.toFixed(1)},${(HEIGHT * (1 - shareOf(sample))).toFixed(1)}`;
    });
    const left = (WIDTH - (count - 1) * step).toFixed(1);
    const line = points.join("L");
    edge.setAttribute("d", `M${line}`);
    area.setAttribute("d", `M${left},${HEIGHT}L${line}L${WIDTH},${HEIGHT}Z`);
  }
}

/** The upper edge of the chart: the next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten, with a margin. */
function niceAbove(value) {
  const wanted = value * 1.05;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * power >= wanted);
  return (step ?? 10) * power;
}
