// What is more than a text: WhatsApp's kinds of messages and rich content of RCS. Nothing is loaded:
// a picture is drawn as a card with the link to it.

import { drawing, element, icon } from "./dom.js";
import { phone } from "./format.js";

export const URL_PATTERN = /https?:\/\/[^\s"<>]*[^\s"<>.,;:!?)\]]/g;

export function isWeb(url) {
  return typeof url === "string" && /^https?:\/\//i.test(url);
}

// A text with its web addresses as links; the only ones that a message can have.
export function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(URL_PATTERN)) {
    parts.push(text.slice(end, match.index), link(match[0], match[0]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

function link(url, ...children) {
  if (!isWeb(url)) return element("span", {}, ...children);
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

export function drawContent(message) {
  if (message.direction === "in") return message.content && drawReceived(message);
  if (message.channel === "WA") return drawWhatsApp(message);
  if (message.channel === "RCS" && message.content) return drawRcs(message.content);
  const files = message.channel === "SMS" ? message.fields.files : null;
  if (!Array.isArray(files) || !files.length) return null;
  return [element("p", { class: "text", dir: "auto" }, withLinks(message.text)),
    files.map((file) => card("document", text(file.name) || "File", size(file.length)))];
}

const text = (value) => (value == null ? "" : typeof value === "object" ? text(value.text || value.body || value.title) : String(value));
const list = (value) => (Array.isArray(value) ? value : []);
const size = (length) => `${Math.max(1, Math.round((length * 3) / 4096)).toLocaleString("en")} kB`;

function paragraph(value, className = "text") {
  const said = text(value);
  return said ? element("p", { class: className, dir: "auto" }, withLinks(said)) : null;
}

function card(name, title, note, url) {
  const body = [icon(name), element("span", {},
    element("strong", { dir: "auto" }, title), note && element("span", { class: "note" }, note))];
  return element("p", { class: `card ${name}` }, url ? link(url, ...body) : body);
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}

function fileName(url) {
  const name = String(url || "").split(/[?#]/)[0].split("/").pop();
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const MEDIA = { image: "Picture", video: "Video", audio: "Audio", document: "Document", sticker: "Sticker" };

function media(kind, url, name) {
  return card(kind, name || fileName(url) || MEDIA[kind], [MEDIA[kind], host(url)].filter(Boolean).join(" · "), url);
}

function drawWhatsApp(message) {
  const { fields } = message;
  const kind = fields.type;
  if (MEDIA[kind]) return [media(kind, fields.url, fields.filename), paragraph(fields.caption)];
  if (kind === "location") return place(fields.latitude, fields.longitude, fields.name, fields.address);
  if (kind === "contacts") return list(fields.contacts).map(contact);
  if (kind === "interactive") return interactive(fields);
  return kind === "template" ? template(message) : null;
}

function interactive(fields) {
  return [paragraph(fields.header, "title"), paragraph(fields.body), paragraph(fields.footer, "note"),
    fields.interactive_type === "list" && element("p", { class: "list-name" }, icon("list"), text(fields.button_text)),
    fields.interactive_type === "list" && list(fields.sections).map((section) => [
      text(section.title) && element("p", { class: "note" }, text(section.title)),
      element("ul", { class: "section" }, list(section.rows).map((row) => element("li", {},
        element("span", { dir: "auto" }, text(row.title)),
        text(row.description) && element("span", { class: "note", dir: "auto" }, text(row.description)))))])];
}

function template(message) {
  let rendered = "";
  try {
    rendered = JSON.parse(message.text).rendered.body;
  } catch {
    rendered = message.text;
  }
  const components = message.fields.components || {};
  const heads = list(components.header);
  return [heads.map((head) => (isWeb(head) ? media(kindOfHeader(head), head) : paragraph(head, "title"))),
    paragraph(rendered),
    list(components.buttons).map((button) => element("p", { class: "list-name" }, icon("link"),
      list(button.parameters).map((parameter) => text(parameter.text || parameter.payload || parameter.coupon_code)).join(" "))),
    element("p", { class: "note" }, `Template ${text(message.fields.template)} · ${text(message.fields.language)}`)];
}

// A header is an address only; most have no ending, and most are pictures.
function kindOfHeader(url) {
  return /\.(pdf|docx?|xlsx?|pptx?)($|\?)/i.test(url) ? "document" : kindOf(url) === "video" ? "video" : "image";
}

function place(latitude, longitude, name, address) {
  const where = `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}`;
  return [element("div", { class: "map" }, map(), icon("place", "pin")),
    element("p", { class: "text" }, name && element("strong", { dir: "auto" }, text(name)), element("span", { class: "note" }, where)),
    paragraph(address, "note")];
}

// Streets of nowhere: a map would have to be loaded from elsewhere.
function map() {
  const lines = ["M0 28 L240 8", "M0 74 L240 52", "M0 116 L240 98", "M38 0 L56 130", "M118 0 L134 130", "M196 0 L214 130"];
  return drawing("svg", { viewBox: "0 0 240 130", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    drawing("path", { class: "water", d: "M240 130 L240 84 Q190 96 168 130 Z" }),
    lines.map((d) => drawing("path", { class: "street", d })));
}

function contact(person) {
  const name = person.name || {};
  const full = text(name.formatted_name) || [name.first_name, name.last_name].map(text).filter(Boolean).join(" ");
  const phones = list(person.phones).map((entry) => phone(text(entry.phone).replace(/^\+/, "")));
  return card("person", full || "Contact", phones.join(", "));
}

function drawReceived(message) {
  const { content } = message;
  const location = content.location;
  if (location) return place(location.latitude, location.longitude);
  const file = content.user_file && content.user_file.payload;
  if (file) return media("document", file.fileUri, file.fileName);
  if (message.text) return [element("p", { class: "text", dir: "auto" }, message.text)];
  return raw(content);
}

// The schema of rich RCS content is not published for this gateway; it is drawn by the names that
// RCS itself has for cards, carousels, files and suggestions. Anything else is shown as it is.
function drawRcs(content) {
  const rich = content.richCard || content.rich_card || {};
  const standalone = rich.standaloneCard && rich.standaloneCard.cardContent;
  const carousel = rich.carouselCard && rich.carouselCard.cardContents;
  const cards = carousel ? list(carousel) : standalone ? [standalone] : rich.title || rich.description ? [rich] : [];
  const file = content.contentInfo || content.file;
  const parts = [
    paragraph(content.text),
    file && media(kindOf(file.fileUrl || file.url), file.fileUrl || file.url),
    cards.length > 0 && element("div", cards.length > 1 ? { class: "carousel", tabindex: 0, role: "group", "aria-label": "Cards" } : {}, cards.map(richCard)),
    actions(content.suggestions),
  ].filter(Boolean);
  return parts.length ? parts : raw(content);
}

function richCard(content) {
  const info = (content.media && content.media.contentInfo) || {};
  const url = info.fileUrl || (content.media && content.media.url);
  return element("div", { class: "rich-card" }, url && media(kindOf(url), url),
    paragraph(content.title, "title"), paragraph(content.description), actions(content.suggestions));
}

function actions(suggestions) {
  const found = list(suggestions).map((suggestion) => suggestion && suggestion.action).filter(Boolean);
  return found.length > 0 && found.map((action) => {
    const url = action.openUrlAction && action.openUrlAction.url;
    const number = action.dialAction && action.dialAction.phoneNumber;
    return element("p", { class: "list-name" }, icon(number ? "call" : "link"),
      url ? link(url, text(action.text)) : text(action.text));
  });
}

function kindOf(url) {
  if (/\.(mp4|3gp|webm)($|\?)/i.test(url || "")) return "video";
  return /\.(jpe?g|png|gif|webp|svg)($|\?)/i.test(url || "") ? "image" : "document";
}

function raw(content) {
  return element("pre", { class: "raw", tabindex: 0 }, JSON.stringify(content, null, 2));
}
