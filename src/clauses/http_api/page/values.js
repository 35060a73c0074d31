// Values on a scale, for sliders: a text of a document as a whole number of steps, and back.

const DAY = 86_400_000;
const SCALES = { "": 1, k: 1e3, thousand: 1e3, m: 1e6, mn: 1e6, million: 1e6, b: 1e9, bn: 1e9, billion: 1e9, tn: 1e12, trillion: 1e12 };

/** A value as a number with its writer: `{number, write, step}`; null for what is on no scale (a range, a text). */
export function scaled(text) {
  return asDay(text) ?? asPercentage(text) ?? asMoney(text) ?? asCount(text);
}

function asDay(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time)) return null;
  const write = (number) => new Date(Math.round(number) * DAY).toISOString().slice(0, 10);
  return { sort: "day", number: Math.round(time / DAY), write, nice: () => 1 };
}

function asPercentage(text) {
  const found = /^(\d+(?:\.\d+)?) ?%$/.exec(text);
  if (!found) return null;
  const write = (number) => `${Number(number.toFixed(4))}%`;
  return { sort: "percentage", number: Number(found[1]), write, nice: (span) => (span > 5 ? 0.1 : 0.01) };
}

function asMoney(text) {
  const found = /^([A-Z]{3}) ([\d_,]+(?:\.\d+)?) ?([a-z]*)$/.exec(text);
  if (!found || !(found[3] in SCALES)) return null;
  const number = Number(found[2].replace(/[_,]/g, "")) * SCALES[found[3]];
  const write = (amount) => {
    for (const [word, scale] of [["bn", 1e9], ["m", 1e6]]) {
      const shown = amount / scale;
      if (shown >= 1 && Number(shown.toFixed(3)) * scale === amount) return `${found[1]} ${Number(shown.toFixed(3))}${word}`;
    }
    return `${found[1]} ${Number(amount.toFixed(2))}`;
  };
  return { sort: "money", number, write, nice: (span) => 10 ** Math.max(0, Math.floor(Math.log10(span)) - 2) };
}

function asCount(text) {
  const found = /^(\d+)( days?| months?| years?)?$/.exec(text);
  if (!found) return null;
  const unit = found[2]?.trim().replace(/s$/, "");
  const write = (number) => `${Math.round(number)}${unit ? ` ${unit}${Math.round(number) === 1 ? "" : "s"}` : ""}`;
  return { sort: unit ?? "count", number: Number(found[1]), write, nice: () => 1 };
}

/** From where to where a slider goes: past the places where the verdict changes, within what the type allows. */
export function span(value, margin) {
  const known = (text) => (text === null ? null : scaled(text)?.number ?? null);
  const lowest = known(margin.down.next) === null ? known(margin.down.last) : null;
  const highest = known(margin.up.next) === null ? known(margin.up.last) : null;
  const flips = [known(margin.down.next), known(margin.up.next)].filter((one) => one !== null);
  const usual = { day: 730, percentage: 10, money: value.number, month: 12, year: 5, count: 5 }[value.sort] ?? value.number;
  const reach = Math.max(usual, ...flips.map((one) => Math.abs(one - value.number) * 1.5));
  let low = value.number - reach;
  let high = value.number + reach;
  if (lowest !== null) low = Math.max(low, lowest);
  if (highest !== null) high = Math.min(high, highest);
  if (value.sort !== "day") low = Math.max(0, low);
  if (value.sort === "percentage") high = Math.min(100, high);
  const step = value.nice(high - low);
  return { low: Math.ceil(low / step) * step, high: Math.floor(high / step) * step, step };
}
