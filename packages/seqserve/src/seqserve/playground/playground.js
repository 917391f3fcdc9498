// The page at /: what the model reads is asked for, and drawn. The address carries it: #1,1,2,3/8 or #12+34.

import { askAttention, drawAttention } from "./attention.js";
import { bear, bearer, call } from "./asking.js";
import { Integers } from "./integers.js";
import { at, make } from "./svg.js";
import { Symbols } from "./symbols.js";

let info = null, mode = null, asking = null, timer = 0, last = null;

function complain(message) {
  at("problem").textContent = message;
  at("sequence").setAttribute("aria-invalid", String(Boolean(message)));
}

function stale(is) {
  for (const id of mode?.sections ?? []) at(id).classList.toggle("stale", is);
}

async function update() {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  try {
    if (!info) await learn();
    const asked = mode.parse(at("sequence").value);
    complain("");
    const steps = Math.min(Math.max(1, Math.round(+at("steps").value) || 1), info.limits.steps);
    mark(asked, steps);
    stale(true);
    if (asked === null) return;
    let looked = null;
    await mode.ask(asked, steps, signal, (found) => {
      last = found;
      mode.draw(last);
      stale(false);
      looked ??= askAttention(found.seen, info.attention, signal);
    });
    await looked;
  } catch (error) {
    if (error.name !== "AbortError") complain(error.message);
  }
}

async function learn() {
  info = await call("v1/info");
  mode = info.question ? new Symbols(info, choose) : new Integers(info, choose);
  document.body.classList.add(info.question ? "symbols" : "integers");
  at("range").textContent = mode.hint;
  at("steps").max = info.limits.steps;
  for (const part of document.querySelectorAll("[data-exact]")) part.hidden = !info.universe;
  for (const part of document.querySelectorAll("[data-integers]")) part.hidden ||= Boolean(info.question);
  for (const part of document.querySelectorAll("[data-symbols]")) part.hidden = !info.question;
  at("steps-field").hidden = Boolean(info.question?.digits);
  document.querySelector("main").classList.toggle("alone", !info.universe);
  at("model").textContent =
    `Model ${info.model.split("/").pop()}, ${info.parameters.toLocaleString("en")} parameters, weights ` +
    `${info.weights.slice(0, 12)}. Answers are ${info.promise.text}.`;
  at("examples").replaceChildren(...mode.examples.map(([name, text]) => {
    const chip = make("button", { type: "button", textContent: name, title: text });
    chip.dataset.asked = mode.example(text);
    chip.addEventListener("click", () => choose(text));
    return chip;
  }));
  readFragment();
}

// --- the address

function mark(asked, steps) {
  const written = asked === null ? "" : mode.written(asked);
  const fragment = written ? `#${written}${at("steps-field").hidden ? "" : `/${steps}`}` : "#";
  if (location.hash !== fragment) history.replaceState(null, "", fragment);
  for (const chip of at("examples").children) chip.setAttribute("aria-pressed", String(chip.dataset.asked === written));
  const body = JSON.stringify(mode.request(asked ?? mode.first, steps));
  const header = bearer() ? ' -H "authorization: Bearer $TOKEN"' : "";
  at("curl").textContent = `curl ${new URL("v1/predict", location.href)}${header} \\\n  -H 'content-type: application/json' -d '${body}'`;
}

function readFragment() {
  const [asked, steps] = decodeURIComponent(location.hash.slice(1)).split("/");
  at("sequence").value = asked ? mode.read(asked) : mode.first;
  if (/^\d+$/.test(steps ?? "")) at("steps").value = steps;
}

// --- listening

function choose(text) {
  at("sequence").value = text;
  update();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(update, 120);
}

at("sequence").addEventListener("input", soon);
at("steps").addEventListener("input", soon);
at("token").addEventListener("change", () => { bear(at("token").value); update(); });
at("form").addEventListener("submit", (event) => { event.preventDefault(); update(); });
addEventListener("hashchange", () => { if (mode) readFragment(); update(); });
new ResizeObserver(() => { if (last) mode.draw(last); }).observe(at("answer"));
new ResizeObserver(drawAttention).observe(at("attention"));
update();
