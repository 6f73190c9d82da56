// One message, as a phone shows it, and what its sender paid for it.

import { act } from "./api.js";
import { attempt, element, icon, own } from "./dom.js";
import {
  STATES, channelName, count, fullTime, iconOf, money, phone, stateName, timeOf, toneOf,
} from "./format.js";
import { drawContent, URL_PATTERN, withLinks } from "./rich.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

// `follows` is true where the message before has the same sender: it need not be said again.
export function drawMessage(message, follows, reaction = "") {
  const isOut = message.direction === "out";
  const name = isOut ? `${channelName(message.channel)} from ${senderOf(message)}` : "Reply";
  const article = element("article", { "aria-label": `${name}, ${timeOf(message.time)}` },
    isOut && element("header", { class: "from" },
      own(senderOf(message)),
      element("span", { class: `channel ${message.channel.toLowerCase()}` }, channelName(message.channel))),
    element("div", { class: "bubble" }, drawBody(message)),
    reaction && element("p", { class: "reaction" }, element("span", { class: "unseen" }, "Reaction: "), reaction),
    isOut && message.choices.length > 0 && drawChoices(message),
    isOut ? drawDetails(message) : element("footer", { class: "meta" }, replyMeta(message)));
  const look = `message ${message.direction} ${message.channel.toLowerCase()}${follows ? " follows" : ""}`;
  return element("li", { class: look }, article);
}

function senderOf(message) {
  return /^\d{8,}$/.test(message.from) ? phone(message.from) : message.from;
}

function drawBody(message) {
  if (message.channel === "VOICE") return drawCall(message);
  return drawContent(message) || element("p", { class: "text", dir: "auto" }, withLinks(message.text));
}

function drawCall(message) {
  const isOut = message.direction === "out";
  const state = isOut ? stateName(message.state) : `to ${phone(message.to)}`;
  return [
    element("p", { class: "call-head" }, element("span", { class: "call-icon" }, icon("call")),
      element("span", {}, element("strong", {}, isOut ? "Call" : "Called"), element("span", { class: "call-state" }, state))),
    isOut && element("blockquote", { class: "transcript", dir: "auto", "aria-label": "Transcript" }, message.text),
    isOut && message.keys && element("p", { class: "pressed" }, "Pressed ",
      [...message.keys].map((key) => element("kbd", {}, key))),
  ];
}

function drawChoices(message) {
  const press = (choice) => attempt(
    () => act("POST", "/inbound/choice", { id: message.id, choice: choice.id, account: message.account }),
    `Pressed “${choice.text}”`);
  return element("div", { class: "choices", role: "group", "aria-label": "Press a button as the recipient" },
    message.choices.map((choice) => element("button",
      { type: "button", class: "choice", onclick: () => press(choice), dir: "auto" }, choice.text)));
}

function drawMeta(message) {
  const facts = [
    message.segments > 1 && count(message.segments, "segment"),
    Number(message.price) > 0 && money(message.price),
  ].filter(Boolean);
  return [
    element("time", {}, timeOf(message.time)),
    ...facts.map((fact) => element("span", {}, fact)),
    isOn(message.fields.flash) && element("span", { class: "tag" }, "Flash"),
    message.label && element("span", { class: "tag", title: "Label" }, "#", own(message.label)),
    message.foreign_id && element("span", { class: "tag", title: "Foreign id" }, own(message.foreign_id)),
    element("span", { class: `state ${toneOf(message.state)}` },
      icon(iconOf(message.state)), stateText(message)),
    element("span", { class: "open" }, "Details"),
  ];
}

const isOn = (value) => ["1", "true", "yes", "on"].includes(String(value).toLowerCase());

function stateText(message) {
  if (message.state === "scheduled") return `Scheduled for ${fullTime(message.due)}`;
  return stateName(message.state);
}

function replyMeta(message) {
  return [element("time", {}, timeOf(message.time)), element("span", {}, channelName(message.channel)),
    element("span", {}, "to ", own(phone(message.to)))];
}

function drawDetails(message) {
  const rows = {
    "Message id": message.id,
    "Foreign id": message.foreign_id,
    Label: message.label,
    Sender: message.from,
    Price: money(message.price),
    Segments: message.channel === "SMS" ? `${message.segments} (${message.encoding})` : null,
    Accepted: fullTime(message.time),
    Leaves: message.due > message.time ? fullTime(message.due) : null,
    State: `${stateName(message.state)}, ${fullTime(message.state_since)}`,
    Clicks: message.clicks || null,
    Account: message.account,
    "Sent with": message.connection,
  };
  return element("details", { class: "more" },
    element("summary", { class: "meta" }, drawMeta(message)),
    element("div", { class: "facts" }, element("dl", {}, Object.entries(rows).filter(([, value]) => value != null && value !== "").map(
      ([name, value]) => [element("dt", {}, name), element("dd", {}, own(String(value)))])),
    drawStateForm(message),
    message.channel === "VOICE" && drawKeypad(message),
    drawLinks(message)));
}

function drawStateForm(message) {
  const select = element("select", { "aria-label": "Delivery state" },
    STATES[message.channel].map((state) => element("option", { value: state }, stateName(state.toLowerCase()))));
  const current = STATES[message.channel].find((state) => state.toLowerCase() === message.state);
  if (current) select.value = current;
  const set = (event) => {
    event.preventDefault();
    const body = { id: message.id, status: select.value, account: message.account };
    attempt(() => act("POST", "/report", body), `Reported ${select.value}`);
  };
  return element("form", { class: "line", onsubmit: set }, select,
    element("button", { type: "submit" }, "Set state"));
}

function drawKeypad(message) {
  const press = (key) => attempt(
    () => act("POST", "/inbound/dtmf", { call_id: message.id, key, account: message.account }), `Pressed ${key}`);
  return element("div", { class: "keypad", role: "group", "aria-label": "Press a key in the call" },
    KEYS.map((key) => element("button", { type: "button", onclick: () => press(key) }, key)));
}

function drawLinks(message) {
  const links = message.text.match(URL_PATTERN) || [];
  const open = (url) => attempt(
    () => act("POST", "/click", { id: message.id, url, account: message.account }), "Counted as a click");
  return [...new Set(links)].slice(0, 3).map((url) => element("p", { class: "line" },
    element("button", { type: "button", onclick: () => open(url) }, "Click"), element("span", { class: "url" }, url)));
}
