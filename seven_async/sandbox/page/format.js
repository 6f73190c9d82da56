// Numbers, times, amounts and states as people read them.

const CHANNELS = { SMS: "SMS", RCS: "RCS", WA: "WhatsApp", VOICE: "Call" };
const GOOD = ["delivered", "completed", "read"];
const BAD = ["notdelivered", "undelivered", "expired", "rejected", "failed", "no-answer", "busy"];
const WAITING = ["scheduled", "pending", "buffered"];

// What can be set as a delivery state, by channel; the words that the gateway has for it.
export const STATES = {
  SMS: ["ACCEPTED", "TRANSMITTED", "BUFFERED", "DELIVERED", "NOTDELIVERED", "EXPIRED", "REJECTED", "FAILED", "UNKNOWN"],
  RCS: ["ACCEPTED", "TRANSMITTED", "DELIVERED", "READ", "NOTDELIVERED", "EXPIRED", "REJECTED", "FAILED"],
  WA: ["sent", "delivered", "read", "failed"],
  VOICE: ["ringing", "in-progress", "completed", "no-answer", "busy", "failed"],
};
export const ALL_STATES = [
  "scheduled", "pending", "accepted", "transmitted", "buffered", "sent", "delivered", "read",
  "notdelivered", "expired", "rejected", "failed", "unknown", "cancelled",
  "ringing", "in-progress", "completed", "no-answer", "busy",
];

export function channelName(channel) {
  return CHANNELS[channel] || channel;
}

export function toneOf(state) {
  if (GOOD.includes(state)) return "good";
  if (BAD.includes(state)) return "bad";
  return state === "cancelled" || state === "unknown" ? "off" : WAITING.includes(state) ? "waiting" : "going";
}

export function iconOf(state) {
  const tone = toneOf(state);
  if (tone === "bad" || tone === "off") return "failed";
  if (tone === "waiting") return "clock";
  return tone === "good" ? "two" : "one";
}

export function stateName(state) {
  if (state === "notdelivered") return "Not delivered";
  return state.charAt(0).toUpperCase() + state.slice(1).replaceAll("-", " ");
}

// 491711234567 as +49 171 1234567: grouped for the eye; other plans than the German one in blocks.
export function phone(number) {
  if (!/^\d{8,15}$/.test(number)) return number;
  const parts = number.startsWith("49")
    ? [number.slice(0, 2), number.slice(2, 5), number.slice(5)]
    : [number.slice(0, 2), number.slice(2, 4), ...number.slice(4).match(/.{3}(?=.{2})|.+/g)];
  return `+${parts.join(" ")}`;
}

export function money(text) {
  const amount = Number(text);
  const digits = amount && Math.abs(amount) < 1 ? 3 : 2;
  return `${amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: digits })} €`;
}

export function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

const at = (moment) => new Date(moment * 1000);
const pad = (number) => String(number).padStart(2, "0");

export function timeOf(moment, withSeconds = false) {
  const time = at(moment);
  const minutes = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  return withSeconds ? `${minutes}:${pad(time.getSeconds())}` : minutes;
}

export function dayOf(moment) {
  return at(moment).toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

export function shortTime(moment, now) {
  if (at(moment).toDateString() === at(now).toDateString()) return timeOf(moment);
  return at(moment).toLocaleDateString("en", { day: "numeric", month: "short" });
}

export function fullTime(moment) {
  return `${at(moment).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" })}, ${timeOf(moment, true)}`;
}

export function duration(seconds) {
  const units = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const [name, size] = units.find(([, unit]) => seconds >= unit) || units[3];
  const number = Math.round((seconds / size) * 10) / 10;
  return `${number} ${name}${name === "day" && number !== 1 ? "s" : ""}`;
}

// The last words of what a message is, where it is no text.
export function preview(last) {
  if (last.channel === "WA" && last.text.startsWith("{")) return wordsOf(last.text);
  if (last.channel === "RCS" && last.content) return firstText(last.content) || "Rich message";
  if (last.direction === "in" && last.channel === "VOICE") return "Called";
  return last.text;
}

const NOUNS = {
  template: "Template", image: "Picture", video: "Video", audio: "Audio", document: "Document",
  sticker: "Sticker", location: "Location", contacts: "Contact", interactive: "Buttons",
};

function wordsOf(text) {
  const kind = (/"type":"(\w+)"/.exec(text) || [])[1];
  const said = /"(?:body|caption|name|filename)":"((?:[^"\\]|\\.)*)/.exec(text);
  let words = "";
  try {
    words = said ? JSON.parse(`"${said[1].replace(/\\$/, "")}"`) : "";
  } catch {
    words = "";
  }
  return [NOUNS[kind] || kind, words].filter(Boolean).join(": ");
}

function firstText(content, deepest = 8) {
  if (!content || typeof content !== "object" || !deepest) return "";
  for (const name of ["title", "text", "description"]) {
    if (typeof content[name] === "string" && content[name]) return content[name];
  }
  for (const value of Object.values(content)) {
    const text = firstText(value, deepest - 1);
    if (text) return text;
  }
  return "";
}
