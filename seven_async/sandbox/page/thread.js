// One conversation: the newest messages first on the screen, older ones when they are scrolled to.

import { act, read } from "./api.js";
import { avatar } from "./conversations.js";
import { attempt, element, icon, own, replace } from "./dom.js";
import { channelName, count, dayOf, phone, timeOf } from "./format.js";
import { drawMessage } from "./message.js";

const PART = 50;
const MOST = 300;

export class Thread {
  constructor(box, overview) {
    this.box = box;
    this.overview = overview;
    this.number = "";
    this.messages = [];
    this.events = [];
    this.total = 0;
  }

  close() {
    this.number = "";
    replace(this.box, this.drawWelcome());
  }

  // What to do first: shown as long as nothing was sent.
  drawWelcome() {
    const { api_key: key, messages, received } = this.overview();
    if (messages || received) {
      return element("div", { class: "welcome" }, icon("person", "large"), element("p", {}, "Choose a conversation."));
    }
    const command = `curl ${location.origin}/api/sms \\\n  -H "X-Api-Key: ${key || "sandbox-key"}" \\\n  -H "Accept: application/json" \\\n  -d to=+491711234567 -d from=Acme \\\n  -d "text=Your code is 123456"`;
    return element("div", { class: "welcome" },
      element("h2", {}, "Nothing was sent yet"),
      element("p", {}, "Point your application at ", element("code", {}, `${location.origin}/api`), ", or try this:"),
      element("pre", { tabindex: 0 }, command),
      element("p", { class: "note" }, "Messages appear here as soon as they are accepted."));
  }

  async open(number) {
    if (number === this.number) return;
    this.number = number;
    this.messages = [];
    this.draw();
    await this.refresh();
    this.isAtEnd = true;
    this.goToEnd();
  }

  // Heights are known when messages are drawn, which happens when they come into view.
  goToEnd() {
    if (this.isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  async refresh() {
    const { number } = this;
    if (!number) {
      const welcome = this.box.firstChild;
      if (!welcome || !welcome.contains(document.activeElement)) replace(this.box, this.drawWelcome());
      return;
    }
    const limit = Math.max(PART, Math.min(MOST, this.messages.length));
    const shown = await read("/messages", { to: number, limit });
    if (number !== this.number) return;
    const { isAtEnd } = this;
    const fresh = shown.messages.reverse();
    const known = new Set(fresh.map(keyOf));
    const oldest = fresh.length ? fresh[0].time : Infinity;
    const older = isAtEnd ? [] : this.messages.filter((message) => message.time < oldest && !known.has(keyOf(message)));
    this.messages = [...older, ...fresh];
    this.events = shown.events;
    this.total = shown.total;
    this.drawMessages();
    this.goToEnd();
  }

  async more() {
    if (this.isLoading || this.messages.length >= this.total) return;
    this.isLoading = true;
    const { number } = this;
    try {
      const shown = await read("/messages", { to: number, offset: this.messages.length, limit: PART });
      if (number !== this.number) return;
      const known = new Set(this.messages.map(keyOf));
      const older = shown.messages.reverse().filter((message) => !known.has(keyOf(message)));
      const fromEnd = this.log.scrollHeight - this.log.scrollTop;
      this.messages = [...older, ...this.messages];
      this.drawMessages();
      this.log.scrollTop = this.log.scrollHeight - fromEnd;
    } finally {
      this.isLoading = false;
    }
  }

  draw() {
    this.drawn = new Map();
    this.list = element("ol", { class: "log", role: "list" });
    this.log = element("div", { class: "scroll", tabindex: 0, role: "log", "aria-label": "Messages of the conversation",
      onscroll: () => this.noteScroll() }, this.list);
    this.isAtEnd = true;
    new ResizeObserver(() => this.goToEnd()).observe(this.list);
    this.about = element("p", { class: "about" });
    replace(this.box,
      element("header", { class: "thread-head" },
        element("a", { class: "back", href: "#/", "aria-label": "Back to all conversations" }, icon("back")),
        avatar(this.number),
        element("div", {}, element("h2", {}, own(phone(this.number))), this.about)),
      this.log,
      this.drawComposer());
  }

  noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    // While messages above get their heights, the end moves away without anybody scrolling.
    if (scrollTop < this.lastTop || scrollHeight - scrollTop - clientHeight < 80) {
      this.isAtEnd = scrollHeight - scrollTop - clientHeight < 80;
    }
    this.lastTop = scrollTop;
    if (scrollTop < 400) this.more();
  }

  drawMessages() {
    this.about.textContent = count(this.total, "message");
    const wanted = [];
    let day = "";
    let before = null;
    for (const message of this.messages) {
      if (dayOf(message.time) !== day) {
        day = dayOf(message.time);
        before = null;
        wanted.push(["day", day, () => element("li", { class: "day" }, element("span", {}, day))]);
      }
      const follows = isFollowing(before, message);
      const reactions = this.reactionsTo(message);
      wanted.push([keyOf(message), JSON.stringify([follows, reactions, message]), () => drawMessage(message, follows, reactions)]);
      before = message;
    }
    const mark = this.lastMark();
    if (mark) wanted.push(["mark", JSON.stringify(mark), () => drawMark(mark)]);
    const drawn = new Map();
    for (const [key, look, draw] of wanted) {
      const name = key === "day" ? look : key;
      const old = this.drawn.get(name);
      drawn.set(name, old && old.look === look ? old : { look, node: redraw(old, draw) });
    }
    this.drawn = drawn;
    place(this.list, [...drawn.values()].map(({ node }) => node));
    this.suggestChannel();
  }

  // The last reaction counts; an empty one takes it back.
  reactionsTo(message) {
    if (message.direction === "out") return "";
    const reactions = this.events.filter((event) => event.event === "reaction" && event.msg_id === message.id);
    return reactions.length ? reactions[reactions.length - 1].emoji : "";
  }

  lastMark() {
    const marks = this.events.filter((event) => event.event !== "reaction");
    const mark = marks[marks.length - 1];
    const last = this.messages[this.messages.length - 1];
    return mark && last && mark.time >= last.time ? mark : null;
  }

  suggestChannel() {
    const last = [...this.messages].reverse().find((message) => message.channel !== "VOICE");
    if (last && !this.isChosen) this.channel.value = last.channel;
  }

  drawComposer() {
    this.isChosen = false;
    this.channel = element("select", { "aria-label": "Channel of the reply", onchange: () => { this.isChosen = true; } },
      ["SMS", "WA", "RCS"].map((name) => element("option", { value: name }, channelName(name))));
    this.input = element("textarea", { rows: 1, "aria-label": `Reply as ${phone(this.number)}`, placeholder: "Reply", dir: "auto",
      onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } } });
    return element("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.channel, this.input, element("button", { type: "submit", class: "primary" }, "Reply"));
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    const last = [...this.messages].reverse().find((message) => message.direction === "out" && message.channel === this.channel.value);
    const body = { text, from: this.number, account: last ? last.account : "", ...this.address(last) };
    const path = { SMS: "sms", WA: "whatsapp", RCS: "rcs" }[this.channel.value];
    if (await attempt(() => act("POST", `/inbound/${path}`, body))) this.input.value = "";
  }

  // Who is written to: the sender of the last message where that can be answered.
  address(last) {
    if (this.channel.value === "WA") return { to: last ? last.from : this.overview().whatsapp_senders[0] };
    if (this.channel.value === "RCS") return last ? { to: last.from } : {};
    const isOwn = last && this.overview().numbers.includes(last.from);
    return isOwn ? { to: last.from } : {};
  }
}

// The application is typing, or has read what the recipient wrote.
function drawMark(mark) {
  const text = /typing/i.test(mark.event) ? "Typing…" : "Read by the application";
  return element("li", { class: "mark" }, element("span", {}, text), element("time", {}, timeOf(mark.time)));
}

function isFollowing(before, message) {
  if (!before || before.direction === "in" || message.direction === "in") return false;
  return before.from === message.from && before.channel === message.channel && message.time - before.time < 900;
}

// A message that changed is drawn anew; what somebody opened in it stays open, and keeps the focus.
function redraw(before, draw) {
  const node = draw();
  const opened = before && before.node.querySelector("details[open]");
  if (opened) {
    const details = node.querySelector("details");
    if (details) details.open = true;
    const focused = before.node.contains(document.activeElement) && document.activeElement;
    if (focused) refocus(before.node, node, focused);
  }
  return node;
}

function refocus(old, node, focused) {
  const places = "button, select, summary, a";
  const index = [...old.querySelectorAll(places)].indexOf(focused);
  requestAnimationFrame(() => node.querySelectorAll(places)[index]?.focus({ preventScroll: true }));
}

// Puts nodes in order and touches only what is not in its place.
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
}

export function keyOf(message) {
  return `${message.direction} ${message.channel} ${message.account} ${message.id}`;
}
