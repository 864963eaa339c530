/* The list of orders. */

import { button, buttonLink, count, dayElement, h, instantText, known, leave, listen, notice, outside, say, word } from "./lib.js";
import { KeyRefused, call, failureOf, keep, kept } from "./client.js";
import { FRESH, counts } from "./shell.js";
import { field } from "./forms.js";
import {
  GROUPS,
  datesList,
  idsLine,
  keyDates,
  lookOf,
  nameOf,
  orderLink,
  silenceMeter,
  standingLine,
} from "./parcel.js";

const PAGE = 50;

const LONGEST_PAGE = 100;

const PATIENT_PAGES = 10;

const STATES = known("state");

const STAGES = known("stage").filter((stage) => stage !== "advisory");

const SORTS = known("sort");
const TYPING = 300;

const isWide = matchMedia("(min-width: 56rem)");

let lastList = null;

export function listLink(wanted) {
  const query = String(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)));
  return `#/${query && `?${query}`}`;
}

const wantedIn = (query) => Object.fromEntries(["state", "stage", "sort", "q", "cursor"].map((name) => [name, query.get(name)]));

export async function listView({ query, signal }) {
  const wanted = wantedIn(query);
  const { state, stage, sort } = wanted;
  const results = h("div.results");
  const isOverAll = !stage && !wanted.q && (!state || state === "watching");
  const tabs = h("nav.tabs", { "aria-label": say("list.states") });
  const counted = () => {
    tabs.replaceChildren(...[null, ...STATES].map((name) =>
      h("a", { href: listLink({ state: name, stage, sort }), "aria-current": name === state && "true" },
        name ? word("state", name) : say("list.all"),
        name && h("span.count", counts ? count(counts.orders[name] ?? 0) : "\u00a0"))));
    if (isOverAll) showTotals(results);
  };
  counted();
  const options = [["", say("list.any")], ...STAGES.map((name) => [name, word("stage", name)])];
  const stages = field("stage", { label: say("list.stage"), value: stage, options });
  stages.addEventListener("change", ({ target }) => narrow({ stage: target.value }));
  const sorts = field("sort", { label: say("list.sort"), value: sort ?? SORTS[0], options: SORTS.map((name) => [name, word("sort", name)]) });
  sorts.addEventListener("change", ({ target }) => narrow({ sort: target.value === SORTS[0] ? null : target.value }));
  return {
    title: say("list.title"),
    content: [
      h("div.title", h("h1", say("list.title")), buttonLink(say("list.add"), "#/add", "primary")),
      h("div.filters", tabs, h("details", { open: isWide.matches || stage }, h("summary.wide", say("list.filter")), h("div.filters", stages, sorts, findForm(results, wanted, signal)))),
      results,
    ],
    counted,
    shown: async () => {
      if (isKept(wanted)) showKept(results);
      else await readList(results, wanted, signal);
      if (isOverAll) showTotals(results);
    },
  };
}

/** Goes to the list of the address with a change. Whoever is quick has left this list, or turned to another, before that is shown. */
function narrow(change) {
  if (!/^(#\/?)?(\?|$)/.test(location.hash)) return;
  const { state, stage, sort } = wantedIn(new URLSearchParams(location.hash.split("?")[1]));
  location.hash = listLink({ state, stage, sort, ...change });
}

/** Says beside the groups that ask for something how many there are over all pages. */
function showTotals(results) {
  for (const [name, severities] of Object.entries(GROUPS).slice(0, 2)) {
    const place = results.querySelector(`.${name} > h2 .count`);
    const shown = results.querySelectorAll(`.${name} .cards > li`).length;
    const all = counts?.pressing && severities.reduce((sum, severity) => sum + counts.pressing[severity], 0);
    if (place && all > shown) place.textContent = say("list.of", { n: shown, all });
  }
}

/** Finds while it is typed; what is looked for stands in the address, and the field keeps the focus. */
function findForm(results, wanted, signal) {
  const search = field("q", { label: say("list.find"), type: "search", value: wanted.q, maxlength: 200, autocapitalize: "off" });
  let waiting;
  let reading = new AbortController();
  let here = location.hash;
  const find = () => {
    clearTimeout(waiting);
    const q = search.querySelector("input").value.trim();
    // Whoever has gone on meanwhile is not fetched back.
    if (q === (wanted.q ?? "") || signal.aborted || location.hash !== here) return;
    Object.assign(wanted, { q, cursor: null });
    history.replaceState(null, "", listLink(wanted));
    here = location.hash;
    reading.abort();
    reading = new AbortController();
    readList(results, wanted, AbortSignal.any([signal, reading.signal]));
  };
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, TYPING);
  };
  const onsubmit = (event) => {
    event.preventDefault();
    find();
  };
  return h("form.find", { role: "search", oninput: later, onsubmit }, search);
}

/** Which page each page follows, by their cursors, as far as they were read one after the other. */
const FORMER = new Map();

/** Whether it is the list that the page begins with: that one is kept for when there is no connection. */
const isStandard = (wanted) => !Object.values(wanted).some(Boolean);

/** Whether the list is the one from which an order was opened just now. */
const isKept = (wanted) => lastList?.opened && lastList.link === listLink(wanted) && Date.now() - lastList.at < 2 * FRESH;

function showKept(results) {
  const { opened, scroll } = lastList;
  lastList.opened = null;
  showOrders(results, lastList);
  [...results.querySelectorAll("h3 a")].find((link) => link.hash === opened)?.focus({ preventScroll: true });
  scrollTo(0, scroll);
}

/** Reads pages until enough is found or the list ends: a page may be short, or empty. */
async function readList(results, wanted, signal) {
  const found = [];
  let next = wanted.cursor;
  const progress = h("p.note", { role: "status" }, say("loading"));
  results.replaceChildren(progress);
  try {
    for (let pages = 1; ; pages += 1) {
      const limit = wanted.stage ? LONGEST_PAGE : PAGE - found.length;
      const page = await call("GET", "orders", { query: { ...wanted, sort: wanted.q ? null : wanted.sort ?? SORTS[0], cursor: next, limit }, signal });
      found.push(...page.orders);
      next = page.next_cursor;
      if (!next || found.length >= PAGE || (found.length && pages >= PATIENT_PAGES)) break;
      progress.textContent = say("list.searching", { n: pages });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof KeyRefused) {
      leave();
      return;
    }
    const { message, status } = failureOf(error);
    const former = status === undefined && isStandard(wanted) && kept("list");
    if (former) {
      showOrders(results, { wanted, found: former.orders, next: null });
      const text = `${message} ${say("list.stored", { time: instantText(former.at) })}`;
      results.prepend(notice(text, button(say("retry"), () => readList(results, wanted, signal))));
      return;
    }
    results.replaceChildren(notice(message, status === 400
      ? buttonLink(say("list.first"), "#/", "primary")
      : button(say("retry"), () => readList(results, wanted, signal), "primary")));
    return;
  }
  lastList = { link: listLink(wanted), at: Date.now(), wanted, found, next };
  if (next) FORMER.set(next, wanted.cursor);
  if (isStandard(wanted)) keep("list", { at: new Date().toISOString(), orders: found });
  showOrders(results, lastList);
}

function showOrders(results, { wanted, found, next }) {
  const { state, stage, sort, q, cursor } = wanted;
  if (!found.length && !state && !stage && !q && !cursor) {
    results.replaceChildren(h("div.empty", h("h2", say("list.empty")), h("p", say("list.begin")), buttonLink(say("list.add"), "#/add", "primary")));
    return;
  }
  const following = next && listLink({ ...wanted, cursor: next });
  const isUrgent = found.some((order) => GROUPS.now.includes(lookOf(order)));
  const isCalm = !isUrgent && found.some((order) => order.state === "watching");
  const none = next ? "none_so_far" : cursor ? "end" : "none";
  results.replaceChildren(...[
    isCalm && h("p.calm", say(next || cursor || stage || q ? "list.calm_here" : "list.calm")),
    Object.entries(GROUPS).map(([name, looks]) => group(name, found.filter((order) => looks.includes(lookOf(order))))),
    found.length
      ? h("p.unseen", { role: "status" }, say("list.shown", { n: found.length }))
      : h("p.note", say(`list.${none}`), " ", h("a", { href: "#/" }, say("list.reset"))),
    (following || cursor) && h("nav.pages", { "aria-label": say("list.pages") },
      cursor && buttonLink(say("list.first"), listLink({ state, stage, sort, q })),
      FORMER.get(cursor) && buttonLink(say("list.previous"), listLink({ ...wanted, cursor: FORMER.get(cursor) })),
      following && buttonLink(say(stage ? "list.further" : "list.next"), following)),
  ].flat().filter(Boolean));
}

/** The next key date; what has none comes last. */
const nextDate = (order) => order[keyDates(order).nearest] ?? "9";

function group(name, orders) {
  if (!orders.length) return null;
  if (name === "now" || name === "look") orders.sort((one, other) => nextDate(one).localeCompare(nextDate(other)));
  return h("section.group", { class: name, "aria-labelledby": `group-${name}` },
    h("h2", { id: `group-${name}` }, say(`list.${name}`), " ", h("span.count", count(orders.length))),
    h("ol.cards", orders.map((order) => h("li", card(order)))));
}

function card(order) {
  const last = order.last_checkpoint;
  const href = orderLink(order.order_id);
  const onclick = () => { if (lastList) Object.assign(lastList, { opened: href, scroll: scrollY }); };
  return h("article.card", { class: lookOf(order) },
    h("div",
      standingLine(order),
      h("h3", h("a", { href, onclick, dir: "auto" }, nameOf(order))),
      idsLine(order, order.title && order.order_id),
      order.state !== "closed" && h("p.advice", order.advice)),
    h("div.side",
      silenceMeter(order),
      datesList(order),
      last && h("p.last", dayElement(last.at), ": ", outside(last.text || last.code), last.place && [" · ", outside(last.place)])));
}

/** The address of the list that was read last. */
export const lastListLink = () => lastList?.link ?? "#/";

listen("changed", () => { lastList = null; });
