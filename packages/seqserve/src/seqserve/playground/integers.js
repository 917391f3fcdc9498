// A model of integers: terms in, their continuation as text and pictures.

import { call } from "./asking.js";
import { drawBars, drawOutcomes, drawPlot, drawRules, predicted } from "./pictures.js";
import { at, make, named, percent } from "./svg.js";

export const EXAMPLES = [
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

export class Integers {
  sections = ["continued", "next", "rules"];

  constructor(info, choose) {
    this.info = info;
    this.choose = choose;
    this.examples = EXAMPLES;
    this.first = EXAMPLES[1][1];
    this.hint = `Integers from ${info.low} to ${info.high}, separated by spaces or commas`;
  }

  parse(text) {
    const words = text.replace(/[[\]]/g, " ").split(/[\s,;]+/).filter(Boolean);
    for (const word of words) {
      if (!/^[+-]?\d+$/.test(word)) throw new Error(`“${word}” is not an integer`);
      if (!(this.info.low <= +word && +word <= this.info.high)) {
        throw new Error(`${word} is outside this model’s range, ${this.info.low} to ${this.info.high}`);
      }
    }
    return words.length ? words.map(Number) : null;
  }

  // The sequence in the address, and back.
  written(terms) { return terms.join(","); }
  read(text) { return text.replaceAll(",", " "); }
  example(text) { return text.replaceAll(" ", ","); }

  request(terms, steps) { return { sequences: [terms], steps }; }

  async ask(terms, steps, signal, show) {
    const { info } = this;
    const everything = Math.min(info.high - info.low + 2, info.limits.outcomes);
    const explained = info.universe ? this.explain(terms, signal) : null;
    const [continued, next] = await Promise.all([
      call("v1/predict", { sequences: [terms], steps, top: 3 }, signal),
      call("v1/predict", { sequences: [terms], steps: 1, top: everything }, signal),
    ]);
    const found = {
      terms, answer: continued.continuations[0], model: next.continuations[0].top[0], exact: null, rules: null, seen: terms,
    };
    show(found);
    if (explained) {
      const rules = await explained;
      show({ ...found, rules, exact: rules.next });
    }
  }

  async explain(terms, signal) {
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

  draw(last) {
    this.drawAnswer(last);
    drawPlot(last, this.info);
    drawBars(last, this.info);
    drawOutcomes(last, this.info);
    if (last.rules) drawRules(last);
  }

  drawAnswer(last) {
    const given = last.terms.map((term) => make("span", { className: "term", textContent: term }));
    const added = predicted(last).map(({ term, share }, step) => {
      const take = make("button", { type: "button" }, named(term), make("small", { textContent: percent(share) }));
      const upTo = [...last.terms, ...last.answer.terms.slice(0, step + 1)].join(" ");
      take.title = term === null ? "the sequence leaves the range" : `go on from ${upTo}`;
      take.disabled = term === null;
      take.addEventListener("click", () => this.choose(upTo));
      return take;
    });
    at("answer").replaceChildren(...given, ...added);
  }
}
