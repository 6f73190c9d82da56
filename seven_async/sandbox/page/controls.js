// The clock, faults, and cleaning up; and the dialog in which somebody writes or calls first.

import { act, read } from "./api.js";
import { attempt, element, replace, say } from "./dom.js";
import { channelName, count, fullTime } from "./format.js";

const STEPS = [["5 s", 5], ["1 min", 60], ["5 min", 300], ["1 h", 3600], ["1 day", 86400]];
const PRESETS = [
  ["The next SMS fails with HTTP 503", "POST /sms status=503 times=1"],
  ["Too many requests, three times", "status=429 retry_after=2 times=3"],
  ["The answer to the next SMS is lost", "POST /sms drop=after times=1"],
  ["Every tenth call fails", "status=500 probability=0.1"],
  ["Answers come 2 s later", "delay=2s"],
  ["No credit on the next SMS", "POST /sms code=500 times=1"],
];

export class Controls {
  constructor(box, overview) {
    this.overview = overview;
    this.time = element("p", { class: "big-time" });
    this.rules = element("ul", { class: "rules", role: "list" });
    box.append(element("header", { class: "page-head" }, element("h1", {}, "Controls")),
      element("div", { class: "panels" }, this.drawClock(), this.drawFaults(), this.drawCleaning()));
  }

  async open() {
    await this.refresh();
  }

  async refresh() {
    const { now, advanced_s: advanced } = this.overview();
    this.time.textContent = now ? fullTime(now) : "";
    this.isAhead = advanced > 0;
    const faults = await read("/faults");
    const look = JSON.stringify(faults);
    if (look === this.look) return;
    this.look = look;
    replace(this.rules, faults.length
      ? faults.map((fault) => element("li", {}, element("code", {}, fault.rule),
        element("span", { class: "note" }, `fitted ${count(fault.calls, "call")}, hit ${fault.hits.toLocaleString("en")}`)))
      : element("li", { class: "nothing" }, "No call fails on purpose."));
  }

  drawClock() {
    const advance = (seconds, name) => attempt(() => act("POST", "/advance", { seconds }), `${name} later`);
    const seconds = element("input", { type: "number", min: 0, step: "any", inputmode: "decimal", "aria-label": "Seconds", placeholder: "Seconds" });
    const submit = (event) => {
      event.preventDefault();
      if (seconds.value) advance(Number(seconds.value), `${seconds.value} s`);
    };
    return element("section", { class: "panel" }, element("h2", {}, "Clock"), this.time,
      element("p", { class: "note" }, "Reports come in, scheduled messages leave, webhooks are tried again."),
      element("div", { class: "line wrap", role: "group", "aria-label": "Advance the clock" },
        STEPS.map(([name, value]) => element("button", { type: "button", onclick: () => advance(value, name) }, `+${name}`))),
      element("form", { class: "line", onsubmit: submit }, seconds, element("button", { type: "submit" }, "Advance")));
  }

  drawFaults() {
    const rule = element("input", { type: "text", "aria-label": "Rule", placeholder: "POST /sms status=503 times=2", spellcheck: "false", autocomplete: "off" });
    const preset = element("select", { "aria-label": "Usual faults", onchange: () => { rule.value = preset.value; } },
      element("option", { value: "" }, "Usual faults…"),
      PRESETS.map(([name, value]) => element("option", { value }, name)));
    const submit = async (event) => {
      event.preventDefault();
      if (!rule.value.trim()) return;
      if (await attempt(() => act("POST", "/faults", { rule: rule.value }), "The rule holds")) {
        rule.value = "";
        preset.value = "";
      }
    };
    const clear = () => attempt(() => act("DELETE", "/faults"), "No rule holds any more");
    return element("section", { class: "panel" }, element("h2", {}, "Faults"), this.rules,
      element("form", { class: "stack", onsubmit: submit }, preset, rule,
        element("div", { class: "line" }, element("button", { type: "submit", class: "primary" }, "Add fault"),
          element("button", { type: "button", onclick: clear }, "Clear faults"))));
  }

  drawCleaning() {
    const clear = () => attempt(() => act("DELETE", "/messages"), "All messages are gone");
    const reset = () => ask("Reset the sandbox?", "Messages, hooks, contacts, keys, faults and the clock go back to the start.", "Reset",
      () => attempt(() => act("POST", "/reset"), "The sandbox is as at the start"));
    return element("section", { class: "panel" }, element("h2", {}, "Clean up"),
      element("p", { class: "note" }, "Clearing forgets messages, calls and deliveries. Hooks, contacts, keys and faults stay."),
      element("div", { class: "line wrap" },
        element("button", { type: "button", onclick: () => ask("Clear all messages?", "Messages, calls and deliveries are forgotten.", "Clear all", clear) }, "Clear all messages"),
        element("button", { type: "button", class: "danger", onclick: reset }, "Reset everything")));
  }
}

function open(title, ...content) {
  const dialog = document.getElementById("dialog");
  replace(dialog, element("h2", { id: "dialog-title" }, title), ...content);
  dialog.showModal();
  return dialog;
}

function ask(title, text, yes, act_) {
  const dialog = open(title, element("p", {}, text), element("div", { class: "line end" },
    element("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
    element("button", { type: "button", class: "danger", onclick: () => { dialog.close(); act_(); } }, yes)));
}

// Somebody writes or calls who got no message before.
export function writeFirst(overview, onDone) {
  const number = element("input", { type: "tel", required: true, placeholder: "+49 171 1234567", autocomplete: "off" });
  const channel = element("select", {}, ["SMS", "WA", "RCS", "VOICE"].map((name) => element("option", { value: name }, channelName(name))));
  const text = element("textarea", { rows: 3, dir: "auto" });
  const submit = async (event) => {
    event.preventDefault();
    const path = { SMS: "sms", WA: "whatsapp", RCS: "rcs", VOICE: "call" }[channel.value];
    const body = { from: number.value, text: text.value };
    if (channel.value === "WA") [body.to] = overview().whatsapp_senders;
    if (await attempt(() => act("POST", `/inbound/${path}`, body))) {
      dialog.close();
      say("It came in");
      onDone(number.value);
    }
  };
  const dialog = open("Somebody writes or calls", element("form", { class: "stack", onsubmit: submit },
    element("label", {}, "Number", number),
    element("label", {}, "Channel", channel),
    element("label", {}, "Text", text),
    element("div", { class: "line end" },
      element("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      element("button", { type: "submit", class: "primary" }, "Let it come in"))));
  number.focus();
}
