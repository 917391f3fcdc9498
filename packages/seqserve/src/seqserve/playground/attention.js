// Where the heads look: one small square a head, layers below each other, and the chosen one with its terms.

import { call } from "./asking.js";
import { at, canvas, hinted, make, percent, shape } from "./svg.js";

const SHADES = 8, SMALLEST = 0.02, LARGEST = 48;

let last = null, chosen = { layer: 0, head: 0 };

export async function askAttention(sequence, longest, signal) {
  at("attention").hidden = !longest;
  if (!longest) return;
  at("attention-state").textContent = last ? "" : "Loading the model that shows it";
  at("attention-state").classList.toggle("looking", !last);
  try {
    last = await patient({ sequence: Array.isArray(sequence) ? sequence.slice(-longest) : sequence }, signal);
    at("attention-state").textContent = "";
  } catch (error) {
    if (error.name === "AbortError") return;
    at("attention-state").textContent = error.message;
  } finally {
    at("attention-state").classList.remove("looking");
  }
  drawAttention();
}

// The first answer takes as long as a model takes to load, on a busy machine longer than the service waits.
async function patient(question, signal, tries = 4) {
  try {
    return await call("v1/attention", question, signal);
  } catch (error) {
    if (tries <= 1 || ![429, 503, 504].includes(error.status)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return patient(question, signal, tries - 1);
  }
}

export function drawAttention() {
  if (!last) return;
  chosen.layer = Math.min(chosen.layer, last.weights.length - 1);
  chosen.head = Math.min(chosen.head, last.weights[0].length - 1);
  drawHeads();
  drawChosen();
}

function drawHeads() {
  const focused = document.activeElement?.closest?.("#heads") ? document.activeElement.dataset.head : null;
  at("heads").style.setProperty("--heads", last.weights[0].length);
  at("heads").replaceChildren(...last.weights.flatMap((heads, layer) => heads.map((rows, head) => {
    const one = make("button", { type: "button", title: `layer ${layer + 1}, head ${head + 1}` }, small(rows));
    one.dataset.head = `${layer}.${head}`;
    one.setAttribute("aria-pressed", String(layer === chosen.layer && head === chosen.head));
    one.setAttribute("aria-label", `Layer ${layer + 1}, head ${head + 1}: ${glance(rows)}`);
    one.addEventListener("click", () => { chosen = { layer, head }; drawAttention(); });
    return one;
  })));
  if (focused) at("heads").querySelector(`[data-head="${focused}"]`)?.focus();
}

function small(rows) {
  const svg = shape("svg", { viewBox: `0 0 ${rows.length} ${rows.length}`, "aria-hidden": "true", "shape-rendering": "crispEdges" });
  const paths = Array.from({ length: SHADES }, () => "");
  rows.forEach((row, from) => row.forEach((weight, to) => {
    if (weight >= SMALLEST) paths[Math.min(SHADES - 1, Math.floor(weight * SHADES))] += `M${to} ${from}h1v1h-1z`;
  }));
  paths.forEach((path, shade) => path && svg.append(shape("path", { class: "cell", d: path, "fill-opacity": (shade + 1) / SHADES })));
  return svg;
}

function drawChosen() {
  const rows = last.weights[chosen.layer][chosen.head], names = last.read.map((term) => (term === "-" ? "−" : String(term)));
  const count = rows.length, widest = Math.max(...names.map((name) => name.length)) * 7.5;
  const room = Math.max(260, at("chosen").clientWidth), edge = widest + 10;
  const cell = Math.min(44, (room - edge - 4) / count), size = cell * count;
  const { svg, add } = canvas("chosen", size + 26 + edge);
  svg.setAttribute("aria-label", `Layer ${chosen.layer + 1}, head ${chosen.head + 1}: ${glance(rows)}`);
  const wide = cell >= widest + 4, every = Math.ceil(12 / cell);
  add(shape("text", { x: edge, y: 12 }, `layer ${chosen.layer + 1}, head ${chosen.head + 1}`));
  const top = wide ? 36 : 24 + edge;
  names.forEach((name, place) => {
    if (place % every) return;
    const y = top + (place + 0.5) * cell, x = edge + (place + 0.5) * cell;
    add(shape("text", { class: place === count - 1 ? "strong" : "", x: edge - 6, y: y + 4, "text-anchor": "end" }, name));
    add(shape("text", wide ? { x, y: top - 6, "text-anchor": "middle" } : { transform: `translate(${x + 4} ${top - 6}) rotate(-90)` }, name));
  });
  add(shape("rect", { class: "frame", x: edge, y: top, width: size, height: size, rx: 3 }));
  rows.forEach((row, from) => row.forEach((weight, to) => {
    if (weight < SMALLEST && (count > LARGEST || to > from)) return;
    add(hinted(shape("rect", { class: "cell", x: edge + to * cell + 0.75, y: top + from * cell + 0.75, width: cell - 1.5, height: cell - 1.5, rx: Math.min(3, cell / 6), "fill-opacity": Math.max(0.03, weight).toFixed(3) }),
      `place ${from + 1} (${names[from]}) looks at place ${to + 1} (${names[to]}): ${percent(weight)}`));
  }));
  svg.setAttribute("viewBox", `0 0 ${room} ${top + size + 4}`);
  at("looks").textContent = `Behind the last ${names[count - 1]}, this head looks at ${sights(rows[count - 1], names)}.`;
}

function sights(row, names) {
  const order = row.map((weight, to) => ({ weight, to })).sort((one, other) => other.weight - one.weight);
  const seen = order.filter((one, rank) => rank < 3 && one.weight >= 0.08);
  return seen.map((one) => `${names[one.to]} (place ${one.to + 1}, ${percent(one.weight)})`).join(", ") || "everything alike";
}

function glance(rows) {
  return `from the last place it looks at ${sights(rows.at(-1), last.read.map(String))}`;
}
