// Small plots: bars, a rising line, a bar of shares. Each says in words what it shows.

import { drawing, element } from "./dom.js";
import { stateName, toneOf } from "./format.js";

const WIDTH = 600;
const HEIGHT = 120;

export function bars(values, label) {
  const most = Math.max(1, ...values);
  const step = WIDTH / Math.max(values.length, 1);
  const gap = Math.min(3, step / 4);
  return frame(label, values.map((value, index) => drawing("rect", {
    class: "bar", x: index * step + gap / 2, width: Math.max(1, Math.min(step - gap, 40)),
    y: HEIGHT - (value / most) * (HEIGHT - 6), height: (value / most) * (HEIGHT - 6), rx: Math.min(2, step / 4),
  })));
}

export function rising(values, label) {
  let sum = 0;
  const sums = values.map((value) => { sum += value; return sum; });
  const top = sum || 1;
  const points = sums.map((value, index) => [
    sums.length > 1 ? (index / (sums.length - 1)) * WIDTH : WIDTH, HEIGHT - (value / top) * (HEIGHT - 8) - 1]);
  const line = [[0, sums.length > 1 ? points[0][1] : HEIGHT - 1], ...points].map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(" L");
  return frame(label, [
    drawing("path", { class: "area", d: `M0 ${HEIGHT} L${line} L${WIDTH} ${HEIGHT} Z` }),
    drawing("path", { class: "line-plot", d: `M${line}` })]);
}

function frame(label, children) {
  return drawing("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    drawing("path", { class: "axis", d: `M0 ${HEIGHT - 0.5} H${WIDTH}` }), children);
}

// A part of the bar, and a line of the legend, for each state.
export function shares(states) {
  const all = Object.values(states).reduce((sum, value) => sum + value, 0) || 1;
  const sorted = Object.entries(states).sort(([, a], [, b]) => b - a);
  const bar = element("div", { class: "shares", "aria-hidden": "true" }, sorted.map(([state, value]) => {
    const part = element("span", { class: toneOf(state) });
    part.style.flexGrow = value;
    return part;
  }));
  const legend = element("ul", { class: "legend" }, sorted.map(([state, value]) => element("li", {},
    element("span", { class: `dot ${toneOf(state)}`, "aria-hidden": "true" }), stateName(state),
    element("strong", {}, value.toLocaleString("en")), element("span", { class: "note" }, `${percent(value / all)}`))));
  return [bar, legend];
}

function percent(share) {
  return `${(share * 100).toLocaleString("en", { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;
}
