// A line of the last prices of one share, as large as a word. It says nothing that the numbers beside
// it do not say, so that it is hidden from screen readers.

const POINT_COUNT = 60;
const WIDTH = 120;
const HEIGHT = 24;
const MARGIN = 3;
const NAMESPACE = "http://www.w3.org/2000/svg";

/** A sparkline; `element` is to be put into the page. */
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

  /** Adds a price, and drops the oldest when there are many. Nothing is drawn yet. */
  add(price) {
    this.#prices.push(price);
    if (this.#prices.length > POINT_COUNT) this.#prices.shift();
  }

  /** Draws the prices, the newest at the right. */
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

/** An element of SVG with attributes. */
export function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [attribute, value] of Object.entries(attributes))
    element.setAttribute(attribute, value);
  return element;
}
