// The numbers of a campaign: all messages, or those of one label and channel.

import { read } from "./api.js";
import { element, replace } from "./dom.js";
import { channelName, count, duration, fullTime, money } from "./format.js";
import { bars, rising, shares } from "./plot.js";

export class Campaigns {
  constructor(box, overview) {
    this.overview = overview;
    this.label = element("select", { "aria-label": "Label", onchange: () => { location.hash = `#/campaigns/${encodeURIComponent(this.label.value)}`; } });
    this.channel = element("select", { "aria-label": "Channel", onchange: () => this.refresh() },
      [["", "All channels"], ["SMS", "SMS"], ["RCS", "RCS"], ["WA", "WhatsApp"], ["VOICE", "Voice"]].map(
        ([value, name]) => element("option", { value }, name)));
    this.numbers = element("div", { class: "numbers" });
    box.append(element("header", { class: "page-head" }, element("h1", {}, "Campaigns"),
      element("div", { class: "finder-line" }, this.label, this.channel)), this.numbers);
  }

  async open(label) {
    this.chosen = label;
    await this.refresh();
  }

  fillLabels() {
    const labels = this.overview().labels || [];
    const look = JSON.stringify([labels, this.chosen]);
    if (look === this.look) return;
    this.look = look;
    const names = labels.map((row) => [row.label, `${row.label} (${row.count.toLocaleString("en")})`]);
    if (this.chosen && !labels.some((row) => row.label === this.chosen)) names.unshift([this.chosen, this.chosen]);
    replace(this.label, [["", "All messages"], ...names].map(([value, name]) => element("option", { value }, name)));
    this.label.value = this.chosen || "";
  }

  async refresh() {
    this.fillLabels();
    const shown = await read("/campaign", { label: this.chosen, channel: this.channel.value });
    const look = JSON.stringify({ ...shown, now: 0 });
    if (look === this.drawn) return;
    this.drawn = look;
    replace(this.numbers, shown.messages ? draw(shown) : element("p", { class: "nothing" }, "No messages yet."));
  }
}

function draw(shown) {
  const took = shown.last - shown.first + 1;
  const perSecond = shown.bars.map((bar) => bar.messages / shown.width_s);
  const channels = Object.entries(shown.channels).map(([name, number]) => `${number.toLocaleString("en")} ${channelName(name)}`);
  return [
    element("dl", { class: "tiles" },
      tile("Messages", shown.messages.toLocaleString("en"), `to ${count(shown.recipients, "recipient")}`),
      tile("Cost", money(shown.cost), `${count(shown.segments, "segment")}`),
      tile("Messages per second", rate(shown.messages / took), `${shown.peak_per_s.toLocaleString("en")} at most`),
      tile("Time", duration(took), channels.join(", "))),
    element("section", { class: "panel" }, element("h2", {}, "States"), shares(shown.states)),
    element("section", { class: "panel" }, head("Messages per second", `up to ${rate(Math.max(...perSecond))}`),
      bars(perSecond, `Messages per second from ${fullTime(shown.first)} to ${fullTime(shown.last)}, ${shown.peak_per_s} at most`),
      ends(shown)),
    element("section", { class: "panel" }, head("Cost", money(shown.cost)),
      rising(shown.bars.map((bar) => Number(bar.cost)), `Cost, rising to ${money(shown.cost)}`), ends(shown)),
  ];
}

function head(name, note) {
  return element("header", { class: "panel-head" }, element("h2", {}, name), element("span", { class: "note" }, note));
}

function tile(name, value, note) {
  return element("div", { class: "tile" }, element("dt", {}, name), element("dd", {}, value, element("span", { class: "note" }, note)));
}

function rate(number) {
  return number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 });
}

function ends(shown) {
  return element("p", { class: "ends note" }, element("span", {}, fullTime(shown.first)), element("span", {}, fullTime(shown.last)));
}
