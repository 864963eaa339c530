/* Words, days, elements: what every part of the page is made with. Texts are put in as text, never as markup. */

import { WORDS } from "./words.js";

export const NAME = "Stallwatch";

export const LANGUAGE = document.documentElement.lang;

const isOurs = (tag) => tag === LANGUAGE || tag.split("-")[0] === LANGUAGE;

/** The language in which only sellers are written to. */
export const SELLERS = "zh";

/** The page's language as it is written where the viewer lives. */
const LOCALE = navigator.languages.find(isOurs) ?? LANGUAGE;

const plurals = new Intl.PluralRules(LANGUAGE);

export const count = (number) => number.toLocaleString(LOCALE);

/** A sentence, filled in; `n` is what it counts. */
export function say(key, values = {}) {
  const found = WORDS[key];
  const sentence = found[plurals.select(values.n ?? 0)] ?? found.other ?? found;
  // A date may end with the dot of a shortened month: a sentence ends with one dot.
  return sentence.replace(/\{(\w+)\}(\.?)/g, (_, name, stop) => {
    const value = typeof values[name] === "number" ? count(values[name]) : String(values[name]);
    return value.endsWith(".") ? value : value + stop;
  });
}

/** The word for a value of the API; one that the page does not know is shown as it is. */
export const word = (family, value) => WORDS[`${family}.${value}`] ?? String(value).replaceAll("_", " ");

/** The values of the API that the page has words for, in their order. */
export const known = (family) =>
  Object.keys(WORDS).flatMap((name) => (name.startsWith(`${family}.`) ? name.slice(family.length + 1) : []));

// Days and times. A day is a date in UTC, as the rules count.

export const DAY = 86_400_000;

export const dayOf = (date) => Math.floor(Date.parse(date) / DAY);

export const today = () => Math.floor(Date.now() / DAY);

export const isoDay = (day) => new Date(day * DAY).toISOString().slice(0, 10);

const timeFormat = (options) => new Intl.DateTimeFormat(LOCALE, options);

const SHORT_DAY = timeFormat({ day: "numeric", month: "short", timeZone: "UTC" });

const LONG_DAY = timeFormat({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export const INSTANT = timeFormat({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

const WEEKDAY = timeFormat({ weekday: "long", timeZone: "UTC" });

/** The name of a weekday, from 0 for Sunday: the era of UTC began on a Thursday. */
export const weekdayName = (weekday) => WEEKDAY.format((weekday + 3) * DAY);

export function dayText(date) {
  const year = isoDay(today()).slice(0, 4);
  return (date.startsWith(year) ? SHORT_DAY : LONG_DAY).format(dayOf(date) * DAY);
}

export const instantText = (instant) => INSTANT.format(new Date(instant));

export function distanceText(date) {
  const n = dayOf(date) - today();
  if (n === 0) return say("order.today");
  return n > 0 ? say("order.in", { n }) : say("order.ago", { n: -n });
}

// Elements.

/** An element: its tag with classes, its properties where it has some, and texts and elements. */
export function h(name, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node || typeof child === "string") element.append(child);
    else if (child) for (const [key, value] of Object.entries(child)) setProperty(element, key, value);
  }
  return element;
}

/** A part of a drawing, with its attributes and what is in it. */
export function shape(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.classList.add(...value.split(" "));
  else element.setAttribute(name, name === "href" ? safeAddress(value) : value === true ? "" : value);
}

const safeAddress = (address) => (/^(https?|webcal):$/.test(new URL(address, location.href).protocol) ? address : "#/");

/** Text from outside, which may run in either direction. */
export const outside = (text) => text && h("bdi", text);

export const dayElement = (date) => date && h("time", { datetime: date }, dayText(date));

export const instantElement = (at) => at && h("time", { datetime: at, title: at }, instantText(at));

export const button = (label, onclick, look) => h("button", { type: "button", onclick, class: look }, label);

export const buttonLink = (label, href, look) => h("a.button", { href, class: look }, label);

export const back = (href, label) => h("p.back", h("a", { href }, "‹ ", outside(label)));

// The key: in memory, in the tab's storage, and on the device only where that was asked for.

export const part = (name, title, ...children) =>
  h("section", { class: name, "aria-labelledby": `part-${name}` }, h("h2", { id: `part-${name}` }, title), children);

/** An amount; its currency may have been cleared since. */
export const moneyText = (amount, currency) =>
  currency ? new Intl.NumberFormat(LOCALE, { style: "currency", currency }).format(amount) : amount;

export const sentences = (...said) => said.filter(Boolean).join(" ");

/** A table, whose first column says what the row is about. */
export function table(caption, columns, rows) {
  return h("div.wide", { tabindex: "0", role: "group", "aria-label": caption ?? say("stats.deliveries") }, h("table",
    caption && h("caption", caption),
    h("thead", h("tr", columns.map((name) => h("th", { scope: "col" }, word("column", name))))),
    h("tbody", rows.map(([first, ...others]) =>
      h("tr", h("th", { scope: "row" }, first), others.map((text, index) => h("td", { "data-label": word("column", columns[index + 1]) }, text)))))));
}

export function bars(numbers, family, link) {
  const names = known(family).filter((name) => numbers[name] > 0);
  const most = Math.max(...names.map((name) => numbers[name]));
  if (!names.length) return h("p.hint", say("stats.none"));
  return h("dl.bars", names.map((name) => {
    const bar = h("span.bar");
    bar.style.width = `${(numbers[name] / most) * 100}%`;
    return h("div", h("dt", link ? h("a", { href: link(name) }, word(family, name)) : word(family, name)), h("dd", bar, count(numbers[name])));
  }));
}

// The key's form.

export const notice = (text, way) => h("div.problem", { role: "alert" }, h("p", text), way);

export const titled = (title, ...content) => ({ title, content: [h("h1", title), ...content.flat()] });

// What happens in one module and concerns others, which import it or are imported by it.

const happenings = new EventTarget();
export const listen = (name, then) => happenings.addEventListener(name, then);
export const announce = (name) => happenings.dispatchEvent(new Event(name));

/** Forgets what was read, since it is not so any more. */
export const changed = () => announce("changed");
/** Brings the key's form back. */
export const leave = () => announce("refused");
/** Shows the present view anew. */
export const reload = () => announce("reload");

// Countries.

const NO_COUNTRIES = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split(" ");

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

const regions = new Intl.DisplayNames([LANGUAGE], { type: "region", fallback: "none" });

export const countryName = (code) => regions.of(code) ?? code;

/** The countries that the browser knows: the codes with a name that stand for themselves. */
export function countries() {
  const isCountry = (code) =>
    !NO_COUNTRIES.includes(code) && regions.of(code) && Intl.getCanonicalLocales(`und-${code}`)[0].endsWith(code);
  return LETTERS.flatMap((first) => LETTERS.map((second) => first + second))
    .filter(isCountry)
    .map((code) => [code, countryName(code)])
    .sort(([, one], [, other]) => one.localeCompare(other, LANGUAGE));
}
