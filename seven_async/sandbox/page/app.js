// The page: which view is shown, and when it asks for what is new.

import { listen, read } from "./api.js";
import { Campaigns } from "./campaigns.js";
import { Controls, writeFirst } from "./controls.js";
import { Conversations } from "./conversations.js";
import { element, replace, say } from "./dom.js";
import { ALL_STATES, duration, stateName, timeOf } from "./format.js";
import { Thread } from "./thread.js";
import { Webhooks } from "./webhooks.js";

const TITLES = { messages: "Messages", campaigns: "Campaigns", webhooks: "Webhooks", controls: "Controls" };
const $ = (id) => document.getElementById(id);

let around = { labels: [], hooks: [], numbers: [], whatsapp_senders: [] };
let behind = 0;
const overview = () => around;

const list = new Conversations($("list"), $("total"));
const thread = new Thread($("thread"), overview);
const views = {
  campaigns: new Campaigns($("campaigns"), overview),
  webhooks: new Webhooks($("webhooks"), overview),
  controls: new Controls($("controls"), overview),
};

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function place() {
  const [view, rest] = location.hash.replace(/^#\//, "").split("/");
  const value = decode(rest || "");
  if (view === "to") return { view: "messages", value };
  return { view: TITLES[view] ? view : "messages", value };
}

async function go() {
  const { view, value } = place();
  const left = thread.number;
  const before = document.body.dataset.view;
  document.body.dataset.view = view;
  document.body.toggleAttribute("data-open", view === "messages" && value !== "");
  for (const name of Object.keys(TITLES)) $(name).hidden = name !== view;
  for (const link of document.querySelectorAll(".views a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[view]} · sandbox`;
  if (view !== "messages") await views[view].open(value);
  else if (value) await thread.open(value);
  else thread.close();
  list.select(view === "messages" ? value : "");
  keepFocus(value, left);
  // What was new while another view was shown, only that one has asked for.
  if (before && before !== view) refresh();
}

// What had the focus may be hidden now: it goes on with what took its place.
function keepFocus(opened, left) {
  const { activeElement } = document;
  const isLost = activeElement === document.body || !activeElement.checkVisibility();
  if (!isLost) return;
  if (opened) thread.box.querySelector(".back")?.focus();
  else if (left) list.focus(left);
}

function fillFilters() {
  const labels = around.labels || [];
  const look = JSON.stringify(labels.map((row) => row.label));
  const select = $("by-label");
  if (select.look === look) return;
  const chosen = select.value;
  select.look = look;
  replace(select, element("option", { value: "" }, "Label"),
    labels.map((row) => element("option", { value: row.label }, row.label)));
  select.value = chosen;
}

function showClock() {
  if (!around.now) return;
  $("clock").textContent = timeOf(Date.now() / 1000 + behind, true);
  $("ahead").textContent = around.advanced_s ? `${duration(around.advanced_s)} ahead` : "";
}

let isAsking = false;
let isStale = false;
let timer;

// Asks for what is on the screen; what comes meanwhile is asked for once, afterwards.
async function refresh() {
  if (isAsking) {
    isStale = true;
    return;
  }
  isAsking = true;
  isStale = false;
  const start = performance.now();
  try {
    around = await read("/overview");
    behind = around.now - Date.now() / 1000;
    fillFilters();
    showClock();
    const { view } = place();
    await (view === "messages" ? Promise.all([list.refresh(), thread.refresh()]) : views[view].refresh());
    plan();
  } catch (error) {
    showState(false);
    if (!(error instanceof TypeError)) say(error.message, true);
  } finally {
    // As long a rest as the answers took: a page that looks must not slow the gateway down.
    setTimeout(() => {
      isAsking = false;
      if (isStale) refresh();
    }, Math.min(performance.now() - start, 2000));
  }
}

// States change with the clock: the next moment is known, so that nothing has to be asked before.
function plan() {
  clearTimeout(timer);
  const now = Date.now() / 1000 + behind;
  const shown = [...thread.messages, ...[...list.rows.values()].map((row) => row.last)];
  const next = Math.min(...shown.map((message) => message.state_changes || Infinity).filter((moment) => moment > now - 5));
  if (next < Infinity) timer = setTimeout(refresh, Math.min(Math.max((next - now) * 1000 + 60, 250), 2 ** 31 - 1));
}

function showState(isLive) {
  const mark = $("live");
  mark.classList.toggle("off", !isLive);
  mark.title = isLive ? "Live" : "The sandbox does not answer";
}

let typing;

function search() {
  clearTimeout(typing);
  typing = setTimeout(() => list.find({
    contains: $("search").value.trim(),
    channel: $("by-channel").value,
    label: $("by-label").value,
    state: $("by-state").value,
  }), 150);
}

function toDigits(number) {
  const digits = number.replace(/[\s()/.-]/g, "").replace(/^(\+|00)/, "");
  return digits.startsWith("0") ? `49${digits.slice(1)}` : digits;
}

for (const state of ALL_STATES) $("by-state").append(element("option", { value: state }, stateName(state)));
$("search").addEventListener("input", search);
for (const id of ["by-channel", "by-label", "by-state"]) $(id).addEventListener("change", search);
$("write").addEventListener("click", () => writeFirst(overview, (number) => { location.hash = `#/to/${toDigits(number)}`; }));
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    location.hash = "#/";
    $("search").focus();
  } else if (event.key === "Escape" && document.body.hasAttribute("data-open") && !$("dialog").open) {
    location.hash = "#/";
  }
});
window.addEventListener("hashchange", () => go().catch((error) => say(error.message, true)));
setInterval(showClock, 1000);
await refresh();
await go();
plan();
listen(refresh, showState);
