// The table of quotes. It shows what arrives: a share that the filter should have kept away would be
// seen. Rows are written at most once for each frame of the screen.
import { change, compact, price } from "./numbers.js";
import { Sparkline } from "./sparkline.js";

const FLASH_MS = 900;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The rows of a table. */
export class Quotes {
  #rows = new Map();
  #changed = new Set();

  /** One row in `body` for each listing, filled when its first quote comes. */
  constructor(body, listings) {
    for (const listing of listings) {
      const row = new Row(listing);
      this.#rows.set(listing.symbol, row);
      body.append(row.element);
    }
  }

  /** Shows the rows of one exchange, or of all for null, and of those that get a quote all the same. */
  expect(exchange) {
    for (const row of this.#rows.values())
      row.element.hidden = exchange !== null && row.exchange !== exchange;
  }

  /** Takes a quote. */
  show(quote) {
    const row = this.#rows.get(quote.symbol);
    if (row === undefined) return;
    row.take(quote);
    if (this.#changed.size === 0) requestAnimationFrame(() => this.#draw());
    this.#changed.add(row);
  }

  #draw() {
    for (const row of this.#changed) row.draw();
    this.#changed.clear();
  }
}

class Row {
  #quote = null;
  #drawnLast = null;
  #spark = new Sparkline();
  #cells;

  constructor({ symbol, name, exchange }) {
    this.exchange = exchange;
    this.element = document.createElement("tr");
    this.element.dataset.symbol = symbol;
    this.element.dataset.exchange = exchange;
    const head = cell("th", "name");
    head.scope = "row";
    head.append(span("symbol", symbol), " ", span("company", name));
    const trend = cell("td", "trend");
    trend.append(this.#spark.element);
    const depth = cell("td", "depth wide");
    const bar = span("depth-bar", "");
    const bids = span("depth-bids", "");
    const said = span("unseen", "");
    bar.append(bids);
    depth.append(bar, said);
    this.#cells = {
      last: cell("td", "number last"),
      change: cell("td", "number change"),
      bid: cell("td", "number wide quiet"),
      ask: cell("td", "number wide quiet"),
      volume: cell("td", "number widest quiet"),
      bids,
      said,
    };
    const { last, change: moved, bid, ask, volume } = this.#cells;
    const venue = cell("td", "wide quiet");
    venue.textContent = exchange;
    this.element.append(head, venue, trend, last, moved, bid, ask, volume, depth);
  }

  take(quote) {
    this.#quote = quote;
    this.#spark.add(quote.last);
    this.element.hidden = false;
  }

  draw() {
    const { last, previousClose, bids, asks, volume } = this.#quote;
    const cells = this.#cells;
    const ratio = last / previousClose - 1;
    write(cells.last, price(last));
    write(cells.change, change(ratio));
    write(cells.bid, price(bids[0].price));
    write(cells.ask, price(asks[0].price));
    write(cells.volume, compact(volume));
    cells.change.dataset.trend = ratio === 0 ? "none" : ratio < 0 ? "down" : "up";
    const bidShare = sizeOf(bids) / (sizeOf(bids) + sizeOf(asks));
    cells.bids.style.width = `${(bidShare * 100).toFixed(0)}%`;
    write(cells.said, `${Math.round(bidShare * 100)} % to buy`);
    this.#spark.draw();
    if (this.#drawnLast !== null && last !== this.#drawnLast)
      flash(cells.last, last > this.#drawnLast ? "up" : "down");
    this.#drawnLast = last;
  }
}

function flash(element, direction) {
  if (calm.matches) return;
  element.animate(
    [
      { backgroundColor: `var(--${direction}-tint)`, color: `var(--${direction})` },
      { backgroundColor: "transparent", color: "var(--text)" },
    ],
    { duration: FLASH_MS, easing: "ease-out" },
  );
}

function sizeOf(levels) {
  return levels.reduce((sum, { size }) => sum + size, 0);
}

function cell(name, className) {
  const element = document.createElement(name);
  element.className = className;
  return element;
}

function span(className, text) {
  const element = cell("span", className);
  element.textContent = text;
  return element;
}

/** Leaves the element alone when nothing changes. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
