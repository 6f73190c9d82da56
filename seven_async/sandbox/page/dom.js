// Elements out of code. Texts become text nodes and nothing else: no message is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, String(value));
  }
  node.append(...children.flat(3).filter((child) => child != null && child !== false && child !== ""));
  return node;
}

export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function drawing(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

// A text whose direction is its own, whatever stands around it.
export function own(text, className) {
  return element("bdi", { class: className }, text);
}

export function replace(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child != null && child !== false));
  return node;
}

const ICONS = {
  back: "M15 5l-7 7 7 7",
  call: "M6 3.500h3.500l1.500 4.500-2.200 1.600a12 12 0 0 0 5.600 5.600l1.600-2.200 4.500 1.500V18a2.500 2.500 0 0 1-2.700 2.500A16.500 16.500 0 0 1 3.500 6.200 2.500 2.500 0 0 1 6 3.500z",
  image: "M4 5h16v14H4zM4 16l4.500-4.500 4 4 2.500-2.500 5 5M15.500 9.500h.01",
  video: "M4 6h11v12H4zM15 10.500l5-3v9l-5-3z",
  audio: "M5 10v4M9 7v10M13 4.500v15M17 8v8M21 11v2",
  document: "M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500M9 13h6M9 16.500h6",
  sticker: "M12 3.500a8.500 8.500 0 1 0 8.500 8.500C20.500 7.500 16.500 3.500 12 3.500zM8.500 14.500c1 1.500 2.200 2 3.500 2s2.500-.5 3.500-2M9 9.500h.01M15 9.500h.01",
  place: "M12 21s6.500-6 6.500-11.200a6.500 6.500 0 0 0-13 0C5.500 15 12 21 12 21zM12 12.200a2.400 2.400 0 1 0 0-4.800 2.400 2.400 0 0 0 0 4.800z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-3.800 3.800-5.500 7.500-5.500s6.700 1.700 7.500 5.500",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  list: "M8.500 6.500H20M8.500 12H20M8.500 17.500H20M4.500 6.500h.01M4.500 12h.01M4.500 17.500h.01",
  clock: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3 2",
  one: "M5 12.500l4.500 4.500L19 7.500",
  two: "M2 12.500l4.500 4.500L16 7.500M11.500 16.500l.5.500L21.500 7.500",
  failed: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 8v5M12 16.200h.01",
};

export function icon(name, className = "") {
  const properties = { viewBox: "0 0 24 24", "aria-hidden": "true", class: `icon ${className}` };
  return drawing("svg", properties, drawing("path", { d: ICONS[name] }));
}

let noticeTimer;

// Says for a few seconds what was done, or why not.
export function say(text, isError = false) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.className = `notice shown${isError ? " bad" : ""}`;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice.className = "notice"; }, 4000);
}

// Runs something that asks the sandbox to act; what goes wrong is said.
export async function attempt(work, done) {
  try {
    await work();
    if (done) say(done);
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  }
}
