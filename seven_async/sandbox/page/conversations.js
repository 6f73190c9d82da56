// The list of conversations. However many there are, only the rows on the screen exist: the list
// is as high as all of them, and rows are fetched in parts when they come into view.

import { read } from "./api.js";
import { element, icon, own, replace } from "./dom.js";
import { channelName, count, iconOf, phone, preview, shortTime, stateName, toneOf } from "./format.js";

const ROW_PX = 76;
const PART = 50;
const BEYOND = 4;

export class Conversations {
  constructor(box, total) {
    this.box = box;
    this.total = total;
    this.rows = new Map();
    this.parts = new Map();
    this.drawn = new Map();
    this.count = 0;
    this.query = {};
    this.selected = "";
    this.round = 0;
    this.inner = element("ul", { class: "rows", role: "list" });
    box.append(this.inner);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    this.inner.addEventListener("keydown", (event) => this.move(event));
  }

  async find(query) {
    this.query = query;
    this.box.scrollTop = 0;
    await this.refresh();
  }

  // Fetches the parts on the screen anew; those out of sight when they come into it.
  async refresh() {
    this.round += 1;
    this.parts.clear();
    await Promise.all(this.partsInView().map((part) => this.fetch(part)));
    this.draw();
  }

  partsInView() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - BEYOND);
    const last = Math.ceil((this.box.scrollTop + (this.box.clientHeight || 800)) / ROW_PX) + BEYOND;
    const parts = [];
    for (let part = Math.floor(first / PART); part <= Math.floor(last / PART); part += 1) parts.push(part);
    return parts;
  }

  async fetch(part) {
    if (this.parts.has(part)) return;
    const round = this.round;
    this.parts.set(part, "asked");
    try {
      const shown = await read("/conversations", { ...this.query, offset: part * PART, limit: PART });
      if (round !== this.round) return;
      this.now = shown.now;
      this.count = shown.total;
      shown.conversations.forEach((row, index) => this.rows.set(part * PART + index, row));
      this.parts.set(part, "here");
      this.total.textContent = this.describe();
      this.draw();
    } catch {
      this.parts.delete(part);
    }
  }

  describe() {
    const isFiltered = Object.values(this.query).some(Boolean);
    if (!this.count) return isFiltered ? "Nothing fits." : "";
    return `${count(this.count, "conversation")}${isFiltered ? " found" : ""}`;
  }

  draw() {
    this.inner.style.height = `${this.count * ROW_PX}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - BEYOND);
    const last = Math.min(this.count, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW_PX) + BEYOND);
    for (const part of this.partsInView()) if (part * PART < this.count) this.fetch(part);
    const kept = new Set();
    for (let index = first; index < last; index += 1) {
      const row = this.rows.get(index);
      if (!row) continue;
      kept.add(row.number);
      this.place(row, index);
    }
    for (const [number, item] of this.drawn) {
      if (kept.has(number) || item.contains(document.activeElement)) continue;
      item.remove();
      this.drawn.delete(number);
    }
    if (this.rows.size > 20 * PART) this.forget(first);
  }

  forget(first) {
    for (const index of this.rows.keys()) {
      if (Math.abs(index - first) > 5 * PART) {
        this.rows.delete(index);
        this.parts.delete(Math.floor(index / PART));
      }
    }
  }

  place(row, index) {
    let item = this.drawn.get(row.number);
    if (!item) {
      item = element("li", {}, element("a", { class: "row", href: `#/to/${encodeURIComponent(row.number)}` }));
      this.drawn.set(row.number, item);
      this.inner.append(item);
    }
    item.style.transform = `translateY(${index * ROW_PX}px)`;
    item.dataset.index = index;
    item.setAttribute("aria-setsize", this.count);
    item.setAttribute("aria-posinset", index + 1);
    const link = item.firstChild;
    const isSelected = row.number === this.selected;
    link.toggleAttribute("data-selected", isSelected);
    if (isSelected) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    const look = JSON.stringify(row);
    if (item.look !== look) {
      item.look = look;
      replace(link, ...drawRow(row, this.now));
    }
  }

  select(number) {
    this.selected = number;
    this.draw();
  }

  focus(number) {
    this.drawn.get(number)?.firstChild.focus();
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = event.target.closest("li");
    if (!step || !item) return;
    event.preventDefault();
    const index = Number(item.dataset.index) + step;
    const next = [...this.drawn.values()].find((other) => Number(other.dataset.index) === index);
    if (next) next.firstChild.focus();
  }
}

export function avatar(number) {
  const hue = [...number].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 8, 0);
  return element("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, number.slice(-2));
}

function drawRow(row, now) {
  const { last } = row;
  const isOut = last.direction === "out";
  return [
    avatar(row.number),
    element("span", { class: "row-head" },
      own(phone(row.number), "row-number"),
      element("span", { class: "row-time" }, shortTime(last.time, now))),
    element("span", { class: "row-text" },
      isOut && element("span", { class: `tick ${toneOf(last.state)}` },
        icon(iconOf(last.state)), element("span", { class: "unseen" }, `${stateName(last.state)}: `)),
      !isOut && element("span", { class: "reply-mark" }, "Reply: "),
      element("span", { class: "row-words", dir: "auto" }, preview(last))),
    element("span", { class: "row-foot" },
      element("span", { class: `channel ${last.channel.toLowerCase()}` }, channelName(last.channel)),
      row.count > 1 && element("span", { class: "row-count" },
        String(row.count), element("span", { class: "unseen" }, " messages"))),
  ];
}
