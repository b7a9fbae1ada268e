// The entry point of the page: connects the link, the table, the figures and the two controls.
import { Link } from "./link.js";
import { Quotes } from "./quotes.js";
import { Savings } from "./savings.js";

const SECOND_MS = 1000;
const STATES = {
  connecting: "Connecting",
  connected: "Live",
  unavailable: "Reconnecting",
  failed: "Cannot connect",
  disconnected: "Reconnecting",
};
const RELOAD_MS = 1000;

const settings = await (await fetch("/demo/settings.json")).json();
const quotes = new Quotes(find("quotes"), settings.listings);
const savings = new Savings(find);
const link = new Link(settings, { quote: (quote) => quotes.show(quote), state: showState });

offerExchanges();
const delta = find("delta");
delta.addEventListener("change", connect);
connect();
setInterval(() => savings.tick(link.stats()), SECOND_MS);

function connect() {
  savings.restart(delta.checked);
  link.connect(delta.checked);
}

function follow(exchange) {
  quotes.expect(exchange);
  link.follow(exchange);
}

function offerExchanges() {
  const choices = [["All", null], ...settings.exchanges.map((name) => [name, name])];
  for (const [name, exchange] of choices) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "exchange";
    input.value = name;
    input.checked = exchange === null;
    input.addEventListener("change", () => follow(exchange));
    label.append(input, document.createElement("span"));
    label.lastChild.textContent = name;
    find("exchanges").append(label);
  }
}

function showState(name) {
  const state = find("state");
  state.dataset.state = name;
  state.textContent = STATES[name] ?? name;
  // Refused permanently: the server was restarted and has another key.
  if (name === "disconnected") setTimeout(() => location.reload(), RELOAD_MS);
}

function find(id) {
  return document.getElementById(id);
}
