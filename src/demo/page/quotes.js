// The table of quotes. It shows every quote that arrives, so that a failure of the filter would be visible. Rows are
// updated at most once per animation frame.
import { change, compact, price } from "./numbers.js";
import { Sparkline } from "./sparkline.js";

const FLASH_MS = 900;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The rows of a table. */
export class Quotes {
  #rows = new Map();
  #changed = new Set();

  /** Adds one row for each listing to `body`. A row is filled when the first quote of its share arrives. */
  constructor(body, listings) {
    for (const listing of listings) {
      const row = new Row(listing);
      this.#rows.set(listing.symbol, row);
      body.append(row.element);
    }
  }

  /** Shows the rows of one exchange, or all rows with null. A row of another exchange appears if a quote for it arrives. */
  expect(exchange) {
    for (const row of this.#rows.values())
      row.element.hidden = exchange !== null && row.exchange !== exchange;
  }

  /** Records a quote, to be shown with the next frame. */
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

/** Sets the text of an element if it has changed. An unchanged text would still cause a layout. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
