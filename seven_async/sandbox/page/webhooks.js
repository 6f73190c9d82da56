// The last deliveries of webhooks, with what was sent and what the application answered.

import { act, read } from "./api.js";
import { attempt, element, own, replace } from "./dom.js";
import { phone, timeOf } from "./format.js";

const SHOWN = 100;

export class Webhooks {
  constructor(box, overview) {
    this.overview = overview;
    this.hooks = element("div", { class: "hooks" });
    this.list = element("ul", { class: "deliveries", role: "list" });
    this.note = element("p", { class: "nothing" });
    this.drawn = new Map();
    box.append(element("header", { class: "page-head" }, element("h1", {}, "Webhooks")), this.hooks,
      element("section", { class: "panel" }, element("h2", {}, "Deliveries"), this.note, this.list));
  }

  async open() {
    await this.refresh();
  }

  async refresh() {
    this.drawHooks();
    const attempts = (await read("/attempts", { limit: SHOWN })).reverse();
    this.note.textContent = attempts.length ? "" : "No webhook was delivered yet.";
    this.note.hidden = attempts.length > 0;
    const drawn = new Map();
    for (const row of attempts) drawn.set(row.id, this.drawn.get(row.id) || drawDelivery(row, this.overview().hooks));
    for (const [id, item] of this.drawn) if (!drawn.has(id)) item.remove();
    [...drawn.values()].forEach((item, index) => {
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] || null);
    });
    this.drawn = drawn;
  }

  drawHooks() {
    const { hooks } = this.overview();
    const look = JSON.stringify(hooks);
    if (look === this.look) return;
    this.look = look;
    replace(this.hooks, element("section", { class: "panel" }, element("h2", {}, "Hooks"),
      hooks.length
        ? element("ul", { class: "hook-list", role: "list" }, hooks.map((hook) => element("li", {},
          element("span", { class: `pill ${hook.enabled ? "good" : "off"}` }, hook.enabled ? "on" : "off"),
          element("strong", {}, hook.event_type), own(hook.target_url, "url"),
          element("span", { class: "note" }, `${hook.request_method} · hook ${hook.id}`))))
        : element("p", { class: "nothing" }, "No hooks yet. An application adds them with ", element("code", {}, "POST /api/hooks"), ".")));
  }
}

function drawDelivery(row) {
  const isGood = row.status >= 200 && row.status < 400;
  const repeat = () => attempt(() => act("POST", "/attempts/repeat", { id: row.id }), "On its way again");
  const status = row.status || row.answer.error || "no answer";
  return element("li", {}, element("details", { class: "delivery" },
    element("summary", {},
      element("span", { class: `pill ${isGood ? "good" : "bad"}` }, String(status)),
      element("strong", {}, row.event),
      own([gist(row.data), row.request.url].filter(Boolean).join(" · "), "url"),
      element("span", { class: "note" }, row.is_repeat ? "again" : row.attempt > 1 ? `attempt ${row.attempt}` : ""),
      element("time", {}, timeOf(row.moment, true))),
    element("div", { class: "exchange" },
      element("h3", {}, "Request"), pre(requestText(row.request)),
      element("h3", {}, "Answer"), pre(answerText(row)),
      element("p", { class: "line" }, element("button", { type: "button", class: "primary", onclick: repeat }, "Deliver again")))));
}

// What the event says, in a word or two.
function gist(data) {
  const said = data.dtmf_digit ?? (data.status || data.text || (data.message && data.message.text));
  const whom = data.sender || data.from || data.caller || data.recipient;
  return [whom && phone(String(whom)), said != null && String(said)].filter(Boolean).join(": ");
}

function pre(text) {
  return element("pre", { tabindex: 0, dir: "auto" }, text);
}

function requestText(request) {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.url}`, ...headers, "", readable(request.body)].join("\n").trimEnd();
}

function answerText(row) {
  if (!row.status) return row.answer.error ? `No answer: ${row.answer.error}` : "No answer";
  return [`HTTP ${row.status}`, readable(row.answer.body)].filter(Boolean).join("\n\n");
}

// JSON with indents, a form with a field a line.
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    if (!/^[\w%[\]+.-]+=/.test(body)) return body;
    return [...new URLSearchParams(body)].map(([name, value]) => `${name} = ${value}`).join("\n");
  }
}
