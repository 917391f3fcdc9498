// Ask the service for what follows a sequence, and draw it. The sequence lives in the URL's fragment: #1,1,2,3/8.

const EXAMPLES = [
  ["even numbers", "2 4 6 8"],
  ["Fibonacci", "1 1 2 3 5 8"],
  ["powers of two", "1 2 4 8 16"],
  ["squares", "1 4 9 16 25"],
  ["steps +2, +1", "1 3 4 6 7 9"],
  ["falling", "250 240 230 220"],
  ["Fibonacci mod 7", "1 1 2 3 5 1 6"],
  ["runs of three", "5 5 5 8 8 8 11"],
  ["ambiguous", "3 6"],
];
const SHOWN_OUTCOMES = 6, SHOWN_RULES = 8, LIKELY = 0.02;

const at = (id) => document.getElementById(id);
let info = null, asking = null, timer = 0, token = "", last = null;

// --- asking

async function call(path, body, signal) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (body) headers["content-type"] = "application/json";
  const options = { method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body) };
  const answer = await fetch(path, options);
  if (answer.status === 401) at("token-field").hidden = false;
  const content = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.error.message), { status: answer.status });
  return content;
}

function parse(text) {
  const words = text.replace(/[[\]]/g, " ").split(/[\s,;]+/).filter(Boolean);
  for (const word of words) {
    if (!/^[+-]?\d+$/.test(word)) throw new Error(`“${word}” is not an integer`);
    if (info && !(info.low <= +word && +word <= info.high)) {
      throw new Error(`${word} is outside this model’s range, ${info.low} to ${info.high}`);
    }
  }
  return words.map(Number);
}

function complain(message) {
  at("problem").textContent = message;
  at("sequence").setAttribute("aria-invalid", String(Boolean(message)));
}

function stale(is) {
  for (const id of ["continued", "next", "rules"]) at(id).classList.toggle("stale", is);
}

async function update() {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  try {
    if (!info) await learn();
    const terms = parse(at("sequence").value);
    complain("");
    const steps = Math.min(Math.max(1, Math.round(+at("steps").value) || 1), info.limits.steps);
    mark(terms, steps);
    if (!terms.length) return stale(true);
    stale(true);
    const everything = Math.min(info.high - info.low + 2, info.limits.outcomes);
    const explained = info.universe ? explain(terms, signal) : null;
    const [continued, next] = await Promise.all([
      call("v1/predict", { sequences: [terms], steps, top: 3 }, signal),
      call("v1/predict", { sequences: [terms], steps: 1, top: everything }, signal),
    ]);
    last = { terms, answer: continued.continuations[0], model: next.continuations[0].top[0], exact: null, rules: null };
    draw();
    stale(false);
    if (explained) {
      last.rules = await explained;
      last.exact = last.rules.next;
      draw();
    }
  } catch (error) {
    if (error.name !== "AbortError") complain(error.message);
  }
}

async function explain(terms, signal) {
  at("rules-count").textContent = "Looking at every rule of the universe";
  at("rules-count").classList.add("looking");
  at("rules-list").replaceChildren();
  try {
    return await call("v1/explain", { sequence: terms }, signal);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { next: [], rules: [], problem: error.message };
  }
}

async function learn() {
  info = await call("v1/info");
  at("range").textContent = `Integers from ${info.low} to ${info.high}, separated by spaces or commas`;
  at("steps").max = info.limits.steps;
  for (const part of document.querySelectorAll("[data-exact]")) part.hidden = !info.universe;
  document.querySelector("main").classList.toggle("alone", !info.universe);
  at("model").textContent =
    `Model ${info.model.split("/").pop()}, ${info.parameters.toLocaleString("en")} parameters, weights ` +
    `${info.weights.slice(0, 12)}. Answers are ${info.promise.text}.`;
}

// --- the address

function mark(terms, steps) {
  const fragment = terms.length ? `#${terms.join(",")}/${steps}` : "#";
  if (location.hash !== fragment) history.replaceState(null, "", fragment);
  for (const chip of at("examples").children) {
    chip.setAttribute("aria-pressed", String(chip.dataset.terms === terms.join(" ")));
  }
  const body = JSON.stringify({ sequences: [terms], steps });
  const bearer = token ? ' -H "authorization: Bearer $TOKEN"' : "";
  at("curl").textContent = `curl ${new URL("v1/predict", location.href)}${bearer} \\\n  -H 'content-type: application/json' -d '${body}'`;
}

function readFragment() {
  const [terms, steps] = decodeURIComponent(location.hash.slice(1)).split("/");
  at("sequence").value = (terms || EXAMPLES[1][1]).replaceAll(",", " ");
  if (/^\d+$/.test(steps ?? "")) at("steps").value = steps;
  update();
}

// --- drawing

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  Object.assign(element, attributes);
  element.append(...children);
  return element;
}

function shape(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function hinted(element, text) {
  element.append(shape("title", {}, text));
  return element;
}

const named = (term) => (term === null ? "END" : String(term));
const percent = (share) => {
  if (share === undefined) return "–";
  return share > 0 && share < 0.001 ? "<0.1 %" : share ? `${(100 * share).toFixed(1)} %` : "0 %";
};

function draw() {
  if (!last) return;
  drawAnswer();
  drawPlot();
  drawBars();
  drawOutcomes();
  if (last.rules) drawRules();
}

function predicted() {
  const { answer } = last;
  return [...answer.terms, ...(answer.ended ? [null] : [])].map((term, step) => ({
    term, share: answer.probabilities[step], others: answer.top[step].slice(1).filter((one) => one.probability > LIKELY),
  }));
}

function drawAnswer() {
  const given = last.terms.map((term) => make("span", { className: "term", textContent: term }));
  const added = predicted().map(({ term, share }, step) => {
    const take = make("button", { type: "button" }, named(term), make("small", { textContent: percent(share) }));
    const upTo = [...last.terms, ...last.answer.terms.slice(0, step + 1)].join(" ");
    take.title = term === null ? "the sequence leaves the range" : `go on from ${upTo}`;
    take.disabled = term === null;
    take.addEventListener("click", () => choose(upTo));
    return take;
  });
  at("answer").replaceChildren(...given, ...added);
}

function ticks(low, high, count) {
  const raw = Math.max(1, (high - low) / count), power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= raw) * power);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) found.push(tick);
  return found;
}

function canvas(id, height) {
  const width = Math.max(260, at(id).clientWidth);
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  at(id).replaceChildren(svg);
  return { svg, width, height, add: (...items) => svg.append(...items) };
}

function drawPlot() {
  const guesses = predicted(), known = last.terms, all = [...known, ...last.answer.terms];
  const { svg, width, height, add } = canvas("plot", 300);
  svg.setAttribute("aria-label", `${known.join(", ")}; predicted: ${guesses.map((one) => named(one.term)).join(", ")}`);
  const values = all.concat(guesses.flatMap((one) => one.others.map((other) => other.term)).filter((term) => term !== null));
  const margin = Math.max(1, (Math.max(...values) - Math.min(...values)) * 0.08);
  const low = Math.max(info.low, Math.min(...values) - margin), high = Math.min(info.high, Math.max(...values) + margin);
  const count = known.length + guesses.length;
  const x = (place) => 44 + ((place + 0.5) / count) * (width - 56);
  const y = (term) => height - 30 - ((term - low) / (high - low || 1)) * (height - 56);
  const first = Math.max(0, known.length - info.configuration.context);
  if (first > 0) {
    add(hinted(shape("rect", { class: "window", x: x(first - 0.5), y: 12, width: x(known.length - 0.5) - x(first - 0.5), height: height - 42, rx: 6 }),
      `the model reads the last ${info.configuration.context} terms`));
  }
  for (const tick of ticks(low, high, 5)) {
    add(shape("line", { class: "grid", x1: 40, x2: width - 8, y1: y(tick), y2: y(tick) }));
    add(shape("text", { x: 34, y: y(tick) + 4, "text-anchor": "end" }, tick));
  }
  for (const place of ticks(1, count, Math.min(count, width / 50))) {
    add(shape("text", { x: x(place - 1), y: height - 8, "text-anchor": "middle" }, place));
  }
  const line = (from, terms, kind) => shape("polyline", { class: kind, points: terms.map((term, i) => `${x(from + i)},${y(term)}`).join(" ") });
  add(line(known.length - 1, all.slice(known.length - 1), "ahead"), line(0, known, "given"));
  known.forEach((term, place) => add(hinted(shape("circle", { class: "known", cx: x(place), cy: y(term), r: 4 }), `term ${place + 1}: ${term}`)));
  guesses.forEach(({ term, share, others }, step) => {
    const place = known.length + step;
    for (const other of others.filter((one) => one.term !== null)) {
      add(hinted(shape("circle", { class: "other", cx: x(place), cy: y(other.term), r: 3.5, opacity: 0.12 + 0.5 * other.probability }),
        `term ${place + 1}: perhaps ${other.term}, ${percent(other.probability)}`));
    }
    if (term === null) {
      add(shape("line", { class: "axis", x1: x(place), x2: x(place), y1: 24, y2: height - 30, "stroke-dasharray": "2 3" }));
      add(shape("text", { class: "strong", x: x(place), y: 18, "text-anchor": "middle" }, "END"));
      return;
    }
    const sure = share ?? 1;
    add(shape("circle", { class: "ring", cx: x(place), cy: y(term), r: 5, opacity: 0.3 + 0.7 * sure }));
    add(hinted(shape("circle", { class: "guessed", cx: x(place), cy: y(term), r: 5, opacity: sure ** 2 * 0.9 }), `term ${place + 1}: ${term}, ${percent(share)}`));
    if (width / count > 34) add(shape("text", { class: "strong", x: x(place), y: y(term) - 11, "text-anchor": "middle" }, term));
  });
}

function drawBars() {
  const { model, exact } = last, both = [...model, ...(exact ?? [])];
  const shares = new Map(model.map((one) => [one.term, one.probability])), truth = new Map((exact ?? []).map((one) => [one.term, one.probability]));
  const likely = both.filter((one) => one.term !== null && one.probability >= 0.004).map((one) => one.term);
  const wide = likely.length ? likely : [info.low, info.high];
  const spare = Math.max(2, Math.ceil((20 - (Math.max(...wide) - Math.min(...wide))) / 2));
  const low = Math.max(info.low, Math.min(...wide) - spare), high = Math.min(info.high, Math.max(...wide) + spare);
  const { svg, width, height, add } = canvas("bars", info.universe ? 320 : 220);
  const outcomes = high - low + 1, end = (shares.get(null) ?? 0) + (truth.get(null) ?? 0) >= 0.004;
  const slot = (width - 16) / (outcomes + (end ? 2.5 : 0)), thick = Math.min(22, Math.max(2, slot * 0.72));
  const x = (term) => 8 + slot * (term === null ? outcomes + 1.6 : term - low + 0.5);
  const axis = info.universe ? height / 2 - 9 : height - 22, room = axis - 20;
  const most = Math.max(...both.map((one) => one.probability)), half = (share) => Math.max(0.75, (share / most) * room);
  const label = (term) => `${named(term)}: model ${percent(shares.get(term))}${exact ? `, exact ${percent(truth.get(term) ?? 0)}` : ""}`;
  svg.setAttribute("aria-label", `Distribution of the next term; likeliest ${label(model[0].term)}`);
  add(shape("line", { class: "grid", x1: 8, x2: width - 8, y1: axis, y2: axis }), shape("line", { class: "grid", x1: 8, x2: width - 8, y1: axis + 18, y2: axis + 18 }));
  for (const tick of ticks(low, high, Math.min(outcomes, (width - 60) / 42))) add(shape("text", { x: x(tick), y: axis + 13, "text-anchor": "middle" }, tick));
  if (end) add(shape("text", { x: x(null), y: axis + 13, "text-anchor": "middle" }, "END"));
  const bars = (found, kind, top, side) => {
    const drawn = found.filter((one) => (one.term === null ? end : low <= one.term && one.term <= high) && one.probability > 0.002);
    for (const { term, probability } of drawn) {
      const size = half(probability);
      add(hinted(shape("rect", { class: kind, x: x(term) - thick / 2, y: side > 0 ? top - size : top, width: thick, height: size, rx: Math.min(3, thick / 3, size / 2) }), label(term)));
    }
    const placed = [];
    for (const { term, probability } of [...drawn].sort((one, other) => other.probability - one.probability).slice(0, 5)) {
      if (probability < 0.03 || placed.some((other) => Math.abs(other - x(term)) < 44)) continue;
      placed.push(x(term));
      add(shape("text", { class: "strong", x: x(term), y: side > 0 ? top - half(probability) - 6 : top + half(probability) + 15, "text-anchor": "middle" }, `${Math.round(100 * probability)} %`));
    }
  };
  bars(model, "model", axis, 1);
  bars(exact ?? [], "exact", axis + 18, -1);
}

function drawOutcomes() {
  const { model, exact } = last, truth = new Map((exact ?? []).map((one) => [one.term, one.probability]));
  const shares = new Map(model.map((one) => [one.term, one.probability]));
  const order = [...new Set([...model.slice(0, SHOWN_OUTCOMES), ...[...(exact ?? [])].sort((one, other) => other.probability - one.probability).slice(0, 3)].map((one) => one.term))];
  at("outcomes").replaceChildren(...order.map((term) => make("tr", {},
    make("th", { scope: "row", textContent: named(term) }), make("td", { textContent: percent(shares.get(term)) }),
    ...(info.universe ? [make("td", { textContent: exact ? percent(exact.length ? truth.get(term) ?? 0 : undefined) : "…" })] : []))));
  const nats = (exact ?? []).reduce((sum, one) => sum + one.probability * Math.log(one.probability / (shares.get(one.term) || 1e-12)), 0);
  at("distance").textContent = exact?.length ? `${nats.toFixed(3)} nats apart` : "";
}

function drawRules() {
  const { rules, rules_in_all: count, rules_in_universe: among, universe, problem } = last.rules;
  const shown = rules.slice(0, SHOWN_RULES), number = (n) => n.toLocaleString("en");
  at("rules-count").classList.remove("looking");
  at("rules-count").textContent = problem ?? (count
    ? `${number(count)} of ${number(among)} rules of the universe “${universe}” give these terms${count > shown.length ? `; the ${shown.length} likeliest:` : ""}`
    : `None of the ${number(among)} rules of the universe “${universe}” gives these terms: the model is guessing`);
  at("rules-list").replaceChildren(...shown.map((rule) => make("li", {},
    make("div", { className: "formula" }, ...rule.formula.split(/(?<=;) /).map((part) => make("span", { textContent: part }))),
    make("div", { className: "about" }, make("span", { className: "share", textContent: percent(rule.probability) }),
      make("span", { textContent: `next ${named(rule.next)}` }), make("span", { textContent: rule.family })))));
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

at("examples").replaceChildren(...EXAMPLES.map(([name, terms]) => {
  const chip = make("button", { type: "button", textContent: name, title: terms });
  chip.dataset.terms = terms;
  chip.addEventListener("click", () => choose(terms));
  return chip;
}));
at("sequence").addEventListener("input", soon);
at("steps").addEventListener("input", soon);
at("token").addEventListener("change", () => { token = at("token").value.trim(); update(); });
at("form").addEventListener("submit", (event) => { event.preventDefault(); update(); });
addEventListener("hashchange", readFragment);
new ResizeObserver(draw).observe(at("plot"));
readFragment();
