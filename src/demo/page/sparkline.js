// A small line chart of the last prices of one share. It is hidden from screen readers, since the numbers beside it say
// the same.

const POINT_COUNT = 60;
const WIDTH = 120;
const HEIGHT = 24;
const MARGIN = 3;
const NAMESPACE = "http://www.w3.org/2000/svg";

/** A sparkline. `element` must be added to the page. */
export class Sparkline {
  #prices = [];
  #line = shape("polyline", { class: "spark-line" });
  #dot = shape("circle", { class: "spark-dot", r: 2 });

  constructor() {
    this.element = shape("svg", {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      "aria-hidden": "true",
    });
    this.element.append(this.#line, this.#dot);
  }

  /** Adds a price and drops the oldest one if necessary. Does not draw. */
  add(price) {
    this.#prices.push(price);
    if (this.#prices.length > POINT_COUNT) this.#prices.shift();
  }

  /** Draws the prices with the newest on the right. */
  draw() {
    const prices = this.#prices;
    const low = Math.min(...prices);
    const span = Math.max(...prices) - low;
    const stepX = (WIDTH - 2 * MARGIN) / (POINT_COUNT - 1);
    const points = prices.map((price, index) => {
      const x = WIDTH - MARGIN - (prices.length - 1 - index) * stepX;
      const share = span === 0 ? 0.5 : (price - low) / span;
      return [x.toFixed(1), (HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)).toFixed(1)];
    });
    this.#line.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    const [x, y] = points.at(-1) ?? [WIDTH, HEIGHT / 2];
    this.#dot.setAttribute("cx", x);
    this.#dot.setAttribute("cy", y);
    this.element.dataset.trend = prices.at(-1) < prices[0] ? "down" : "up";
  }
}

/** An SVG element with attributes. */
export function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [attribute, value] of Object.entries(attributes))
    element.setAttribute(attribute, value);
  return element;
}
