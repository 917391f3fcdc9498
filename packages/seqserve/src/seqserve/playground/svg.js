// Elements of HTML and SVG, and how numbers are written.

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  Object.assign(element, attributes);
  element.append(...children);
  return element;
}

export function shape(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

export function hinted(element, text) {
  element.append(shape("title", {}, text));
  return element;
}

export const named = (term) => (term === null ? "END" : String(term));
export const at = (id) => document.getElementById(id);

export const percent = (share) => {
  if (share === undefined) return "–";
  return share > 0 && share < 0.001 ? "<0.1 %" : share ? `${(100 * share).toFixed(1)} %` : "0 %";
};

export function ticks(low, high, count) {
  const raw = Math.max(1, (high - low) / count), power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= raw) * power);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) found.push(tick);
  return found;
}

export function canvas(id, height) {
  const width = Math.max(260, at(id).clientWidth);
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  at(id).replaceChildren(svg);
  return { svg, width, height, add: (...items) => svg.append(...items) };
}
