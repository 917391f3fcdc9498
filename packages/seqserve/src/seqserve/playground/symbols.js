// A model of symbols: a question in, its expression completed symbol by symbol, and how sure each symbol was.

import { call } from "./asking.js";
import { at, canvas, hinted, make, percent, shape } from "./svg.js";

const SHOWN = 4;

export class Symbols {
  sections = ["continued", "digits"];

  constructor(info, choose) {
    const digits = info.question.digits;
    this.info = info;
    this.choose = choose;
    this.digits = digits;
    this.alphabet = [...info.vocabulary.symbols];
    this.examples = digits ? examplesOf(digits) : [["example", info.question.example]];
    this.first = this.examples[0][1];
    this.hint = digits
      ? `Two numbers of at most ${digits} digits with + or − between them; zeros before them may be left out`
      : `Text of the symbols ${info.vocabulary.symbols}`;
  }

  parse(text) {
    const asked = text.replaceAll("−", "-").trim();
    if (!asked) return null;
    for (const symbol of asked) {
      if (!this.alphabet.includes(symbol) && !(this.digits && symbol === " ")) {
        throw new Error(`“${symbol}” is no symbol of this model, ${this.info.vocabulary.symbols}`);
      }
    }
    return asked;
  }

  written(text) { return encodeURIComponent(text.replaceAll(" ", "")); }
  read(text) { return text; }
  example(text) { return encodeURIComponent(text); }

  request(text, steps) { return this.digits ? { sequences: [text] } : { sequences: [text], steps }; }

  async ask(text, steps, signal, show) {
    const top = Math.min(this.alphabet.length, this.info.limits.outcomes);
    const { continuations } = await call("v1/predict", { ...this.request(text, steps), top }, signal);
    const [answer] = continuations;
    // The last symbol is never read, by nobody.
    show({ answer, seen: answer.completed.slice(0, -1) });
  }

  draw({ answer }) {
    this.drawAnswer(answer);
    this.drawValue(answer);
    this.drawDigits(answer);
  }

  drawAnswer(answer) {
    const asked = answer.sequence.length;
    const given = [...answer.sequence].map((symbol) => make("span", { className: "term symbol", textContent: shown(symbol) }));
    const added = answer.probabilities.map((share, step) => {
      const take = make("button", { type: "button", className: "symbol" }, shown(answer.completed[asked + step]), make("small", { textContent: percent(share) }));
      const upTo = answer.completed.slice(0, asked + step + 1);
      const last = step === answer.probabilities.length - 1;
      take.disabled = last && this.digits !== null;
      take.title = take.disabled ? `${percent(share)}` : `go on from ${upTo}`;
      take.addEventListener("click", () => this.choose(upTo));
      return take;
    });
    at("answer").replaceChildren(...given, ...added);
  }

  drawValue(answer) {
    const parts = [`${percent(answer.probability)} sure of the whole`];
    if (answer.value !== null) {
      const right = exact(answer.sequence), value = BigInt(answer.value);
      parts.unshift(value === right ? `${grouped(value)} — right` : `${grouped(value)} — wrong, it is ${grouped(right)}`);
      at("value").className = value === right ? "value right" : "value wrong";
    } else {
      if (this.digits !== null) parts.unshift("no number");
      at("value").className = "value";
    }
    at("value").textContent = parts.join(", ");
  }

  drawDigits(answer) {
    const steps = answer.probabilities.length, used = this.alphabet.filter((symbol) => answer.top.some((step) => step.some((one) => one.term === symbol && one.probability >= 0.005)));
    const rows = used.length ? used : this.alphabet, line = 26;
    const { svg, width, add } = canvas("grid", rows.length * line + 34);
    svg.setAttribute("aria-label", `Symbol by symbol: ${answer.top.map((step) => `${step[0].term} ${percent(step[0].probability)}`).join(", ")}`);
    const slot = Math.min(96, (width - 34) / steps), asked = answer.sequence.length;
    answer.top.forEach((step, place) => {
      const x = 30 + place * slot;
      add(shape("text", { x: x + slot / 2, y: 14, "text-anchor": "middle" }, this.place(asked + place)));
      for (const { term, probability } of step) {
        const row = rows.indexOf(term);
        if (row < 0) continue;
        add(hinted(shape("rect", { class: "cell", x: x + 1.5, y: 22 + row * line + 1.5, width: slot - 3, height: line - 3, rx: 4, "fill-opacity": (0.05 + 0.95 * probability).toFixed(3) }),
          `${this.place(asked + place)}: ${shown(term)}, ${percent(probability)}`));
        if (probability >= 0.5 && slot > 24) add(shape("text", { class: "on", x: x + slot / 2, y: 22 + row * line + 17.5, "text-anchor": "middle" }, `${Math.round(100 * probability)}`));
      }
    });
    rows.forEach((symbol, row) => add(shape("text", { class: "strong", x: 12, y: 22 + row * line + 17.5, "text-anchor": "middle" }, shown(symbol))));
    at("digit-rows").replaceChildren(...answer.top.map((step, place) => make("tr", {},
      make("th", { scope: "row", textContent: this.place(asked + place) }),
      make("td", { textContent: step.slice(0, SHOWN).filter((one) => one.probability >= 0.001).map((one) => `${shown(one.term)} ${percent(one.probability)}`).join("   ") }))));
  }

  // What a place of the expression is called: the answer's sign, its highest digit A7, ... its lowest A0.
  place(position) {
    if (this.digits === null) return String(position + 1);
    const left = 3 * this.digits + 3 - position;
    return left === this.digits + 1 ? "sign" : `A${left}`;
  }
}

const shown = (symbol) => (symbol === "-" ? "−" : symbol);
const grouped = (value) => String(value).replace("-", "−").replace(/\B(?=(\d{3})+$)/g, " ");

function exact(sequence) {
  const [, first, operation, second] = /^(\d+)([+-])(\d+)=/.exec(sequence);
  return operation === "+" ? BigInt(first) + BigInt(second) : BigInt(first) - BigInt(second);
}

function examplesOf(digits) {
  const nines = "9".repeat(digits), cut = (text) => text.slice(0, digits);
  return [
    ["a sum", `${cut("2716")}+${cut("3141")}`],
    ["carries run through", `${nines}+1`],
    ["a difference", `${cut("9403")}-${cut("1277")}`],
    ["below zero", `${cut("1234")}-${cut("5678")}`],
    ["borrows run through", `1${"0".repeat(digits - 1)}-1`],
    ["nothing left", `${nines}-${nines}`],
  ];
}
