// The pictures of a continued sequence of integers: its plot, the next term's distribution, the rules that explain it.

import { at, canvas, hinted, make, named, percent, shape, ticks } from "./svg.js";

const SHOWN_OUTCOMES = 6, SHOWN_RULES = 8, LIKELY = 0.02;

export function predicted({ answer }) {
  return [...answer.terms, ...(answer.ended ? [null] : [])].map((term, step) => ({
    term, share: answer.probabilities[step], others: answer.top[step].slice(1).filter((one) => one.probability > LIKELY),
  }));
}

export function drawPlot(last, info) {
  const guesses = predicted(last), known = last.terms, all = [...known, ...last.answer.terms];
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

export function drawBars({ model, exact }, info) {
  const both = [...model, ...(exact ?? [])];
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

export function drawOutcomes({ model, exact }, info) {
  const truth = new Map((exact ?? []).map((one) => [one.term, one.probability]));
  const shares = new Map(model.map((one) => [one.term, one.probability]));
  const order = [...new Set([...model.slice(0, SHOWN_OUTCOMES), ...[...(exact ?? [])].sort((one, other) => other.probability - one.probability).slice(0, 3)].map((one) => one.term))];
  at("outcomes").replaceChildren(...order.map((term) => make("tr", {},
    make("th", { scope: "row", textContent: named(term) }), make("td", { textContent: percent(shares.get(term)) }),
    ...(info.universe ? [make("td", { textContent: exact ? percent(exact.length ? truth.get(term) ?? 0 : undefined) : "…" })] : []))));
  const nats = (exact ?? []).reduce((sum, one) => sum + one.probability * Math.log(one.probability / (shares.get(one.term) || 1e-12)), 0);
  at("distance").textContent = exact?.length ? `${nats.toFixed(3)} nats apart` : "";
}

export function drawRules(last) {
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
