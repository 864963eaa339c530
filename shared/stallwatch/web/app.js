/* The page. Whatever the API answers is put in as text, never as markup. */

// The words. The page may be opened without a slash at its end, where only a query is relative to it.

const { default: WORDS } = await import(new URL("?asset=words.js", import.meta.url));

const LANGUAGE = document.documentElement.lang;
const plurals = new Intl.PluralRules(LANGUAGE);
const count = (number) => number.toLocaleString();

/** A sentence, filled in; `n` is what it counts. */
function say(key, values = {}) {
  const found = WORDS[key];
  const sentence = found[plurals.select(values.n ?? 0)] ?? found.other ?? found;
  return sentence.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? count(values[name]) : values[name],
  );
}

/** The word for a value of the API; one that the page does not know is shown as it is. */
const word = (family, value) => WORDS[`${family}.${value}`] ?? String(value).replaceAll("_", " ");

/** The values of the API that the page has words for, in their order. */
const known = (family) =>
  Object.keys(WORDS).flatMap((name) => (name.startsWith(`${family}.`) ? name.slice(family.length + 1) : []));

// Days and times. A day is a date in UTC, as the rules count.

const DAY = 86_400_000;
const dayOf = (date) => Math.floor(Date.parse(date) / DAY);
const today = () => Math.floor(Date.now() / DAY);
const isoDay = (day) => new Date(day * DAY).toISOString().slice(0, 10);

const timeFormat = (options) => new Intl.DateTimeFormat(undefined, options);
const SHORT_DAY = timeFormat({ day: "numeric", month: "short", timeZone: "UTC" });
const LONG_DAY = timeFormat({ dateStyle: "medium", timeZone: "UTC" });
const INSTANT = timeFormat({ dateStyle: "medium", timeStyle: "short" });

function dayText(date) {
  const year = isoDay(today()).slice(0, 4);
  return (date.startsWith(year) ? SHORT_DAY : LONG_DAY).format(dayOf(date) * DAY);
}

const instantText = (instant) => INSTANT.format(Date.parse(instant));

function distanceText(date) {
  const n = dayOf(date) - today();
  if (n === 0) return say("order.today");
  return n > 0 ? say("order.in", { n }) : say("order.ago", { n: -n });
}

// Elements.

/** An element: its tag with classes, its properties where it has some, and texts and elements. */
function h(name, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node || typeof child === "string") element.append(child);
    else if (child) for (const [key, value] of Object.entries(child)) setProperty(element, key, value);
  }
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.classList.add(value);
  else element.setAttribute(name, name === "href" ? safeAddress(value) : value === true ? "" : value);
}

const safeAddress = (address) => (/^https?:$/.test(new URL(address, location.href).protocol) ? address : "#/");

/** Text from outside, which may run in either direction. */
const outside = (text) => text && h("bdi", text);
const dayElement = (date) => date && h("time", { datetime: date }, dayText(date));
const instantElement = (at) => at && h("time", { datetime: at, title: at }, instantText(at));
const button = (label, onclick, look) => h("button", { type: "button", onclick, class: look }, label);
const buttonLink = (label, href, look) => h("a.button", { href, class: look }, label);
const back = (href, label) => h("p.back", h("a", { href }, "‹ ", outside(label)));

// The key: in memory, in the tab's storage, and on the device only where that was asked for.

const KEY = "stallwatch.key";
const [tab, device] = ["sessionStorage", "localStorage"].map((name) => {
  try {
    return window[name];
  } catch {
    return undefined; // Storage is switched off: the key lives as long as the page.
  }
});
let key = tab?.getItem(KEY) ?? device?.getItem(KEY);

function keepKey(given, remember) {
  forgetKey();
  key = given;
  tab?.setItem(KEY, given);
  if (remember) device?.setItem(KEY, given);
}

function forgetKey() {
  key = null;
  tab?.removeItem(KEY);
  device?.removeItem(KEY);
  changed();
  frame.banner.hidden = true;
}

/** Forgets what was read, since it is not so any more. */
function changed() {
  lastList = counts = null;
}

// The API.

const PATIENCE = 30_000;
const base = new URL(location.pathname.replace(/\/?$/, "/"), location.origin);

class Failure extends Error {
  constructor(message, status, fields) {
    super(message);
    this.status = status;
    this.fields = Array.isArray(fields) ? fields : [];
  }
}

class KeyRefused extends Error {}

/** What to tell of an error; a mistake of the page's own goes to the console besides. */
function failureOf(error) {
  if (error instanceof Failure) return error;
  reportError(error);
  return new Failure(say("error.page"));
}

/** Asks the API; raises `Failure`, `KeyRefused`, or an abort where the viewer has gone on. */
async function call(method, path, { body, query, signal, key: other = key } = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query ?? {})) if (value) url.searchParams.set(name, value);
  const late = AbortSignal.timeout(PATIENCE);
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method,
      headers: { "x-api-key": other, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    answer = parsed(await response.text());
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(say(`error.${late.aborted ? "slow" : navigator.onLine ? "network" : "offline"}`));
  }
  const { status } = response;
  if (status === 403) throw new KeyRefused();
  if (response.ok && (answer || status === 204)) return answer;
  if (status < 500 && status !== 429 && answer?.message) throw new Failure(answer.message, status, answer.errors);
  const why = status === 429 ? "busy" : status < 500 ? "odd" : "server";
  throw new Failure(say(`error.${why}`, { status: String(status) }), status);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A path's last part: no id is ever taken for a step up. */
const ORDER_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;
const orderLink = (id) => `#/orders/${encodeURIComponent(id)}`;
const nameOf = (order) => order.title || say("order.name", { id: order.order_id });

// What an order asks of the buyer.

const SEVERITY = {
  refund_claim: "claim",
  protection_ending: "claim",
  action_needed: "action",
  reminder: "action",
  never_scanned: "attention",
  late: "attention",
  stalled: "attention",
  unanswered: "attention",
};
/** What the buyer has said and not taken back, newest first. */
function standing({ actions = [] }) {
  const end = actions.findIndex((said) => said.action === "reopen");
  return end < 0 ? actions : actions.slice(0, end);
}

/** The day of the last answer; without a number there is nothing to wait for. */
const answeredOn = (order) => (order.answered_at ? dayOf(order.answered_at) : today());

/** How an order looks: by what presses, else by its state. */
const lookOf = (order) => order.severity ?? (order.state === "watching" ? "quiet" : order.state);

const GROUPS = { now: ["claim", "action"], look: ["attention"], quiet: ["quiet"], delivered: ["delivered"], closed: ["closed"] };
const KEY_DATES = ["late_on", "reminder_on", "claim_opens_on", "protection_ends_on"];

/** The names of the key dates that matter now, and which of them comes next. */
function keyDates(order) {
  const isSaid = (name) => order[name] && (order.state === "watching" || name === "protection_ends_on");
  // Who follows up knows that it is late.
  const names = KEY_DATES.filter((name) => isSaid(name) && !(name === "late_on" && order.reminder_on));
  const ahead = names.filter((name) => dayOf(order[name]) >= today());
  const nearest = ahead.reduce((one, other) => (one && order[one] <= order[other] ? one : other), null);
  return { names: order.state === "closed" ? [] : names, nearest };
}

function datesList(order) {
  const { names, nearest } = keyDates(order);
  const look = (name) => (name === nearest ? "nearest" : dayOf(order[name]) < today() ? "past" : null);
  if (!names.length) return null;
  return h("dl.dates", names.map((name) => h("div", { class: look(name) },
    h("dt", say(`order.${name}`)),
    h("dd", dayElement(order[name]), h("small", distanceText(order[name]))))));
}

/** How full the silence is, up to the day on which a claim opens. */
function silenceMeter(order) {
  const { silent_days: n, claim_opens_on: opens } = order;
  if (order.state !== "watching" || !opens || !n || order.stage === "returned") return null;
  const limit = n + dayOf(opens) - answeredOn(order);
  const fill = h("span");
  fill.style.width = `${Math.min(100, (n / limit) * 100)}%`;
  const text = say("order.meter", { n, limit });
  return h("div.meter", { role: "img", "aria-label": text, title: text }, fill);
}

function silenceText(order) {
  const { silent_days: n, last_checkpoint: last } = order;
  if (order.state !== "watching" || n === null) return null;
  if (n) return say(last ? "order.silent" : "order.unseen", { n });
  return last && say("order.fresh");
}

/** What presses, where the parcel is, and for how long it has been silent. */
function standingLine(order) {
  const kind = order.pressing;
  const silence = silenceText(order);
  const isStale = order.state === "watching" && today() - answeredOn(order) > 1;
  return h("p.stage",
    kind ? h("span.badge", word("kind", kind)) : order.state !== "watching" && h("span.badge", word("state", order.state)),
    order.stage !== order.state && h("span", word("stage", order.stage)),
    silence && h("span.silence", silence),
    isStale && h("span.stale", say("order.stale", { date: dayText(order.answered_at) })));
}

// The frame: header, banner, status line, footer.

const VIEWS = { list: "#/", add: "#/add", subscriptions: "#/subscriptions", stats: "#/stats" };

const frame = {
  banner: h("div.banner", { role: "status", hidden: true }),
  nav: h("nav", { "aria-label": say("nav.main") }),
  forget: button(say("nav.forget"), () => {
    forgetKey();
    go();
    tell(say("nav.forgotten"));
  }, "link"),
  main: h("main", { tabindex: "-1" }, h("p.note", say("loading"))),
  status: h("p.toast", { role: "status" }),
};

function showFrame() {
  const { timeZone: zone } = INSTANT.resolvedOptions();
  document.body.append(
    h("header",
      button(say("skip"), () => frame.main.focus(), "skip"),
      h("a.brand", { href: "#/" }, logo(28), say("app")),
      frame.nav,
      frame.forget),
    frame.banner,
    frame.main,
    h("footer", h("p", say("zone", { zone })), h("p", h("a", { href: new URL("docs", base).href }, say("docs")))),
    frame.status,
  );
}

const logo = (size) => h("img", { src: "?asset=icon.svg", alt: "", width: size, height: size });

function showNavigation(name) {
  frame.nav.hidden = frame.forget.hidden = !key;
  frame.nav.replaceChildren(...Object.entries(VIEWS).map(([view, href]) =>
    h("a", { href, "aria-current": view === name && "page" }, say(`nav.${view}`))));
}

let fading;

/** Says what has just happened. */
function tell(text) {
  clearTimeout(fading);
  frame.status.textContent = text;
  fading = setTimeout(() => frame.status.replaceChildren(), 8000);
}

// The counts, and with them the health of the sources, for every view.

const FRESH = 60_000;
let counts = null;

async function freshCounts(signal) {
  if (!counts || Date.now() - counts.at > FRESH) takeCounts(await call("GET", "stats", { signal }));
}

function takeCounts(answer) {
  counts = { ...answer, at: Date.now() };
  const ill = answer.sources.filter(isIll);
  frame.banner.hidden = !ill.length;
  frame.banner.replaceChildren(...ill.map((source) => h("p", h("strong", healthText(source), "."), " ", say("health.so"), " ", nextTry(source))));
}

const isIll = (source) => source.verdict !== "ok" || (source.down_since && Date.now() - Date.parse(source.down_since) > DAY);

function healthText(source) {
  const how = source.verdict === "ok" && source.down_since ? "silent" : source.verdict;
  const since = source.down_since && say("health.since", { time: instantText(source.down_since) });
  return [word("source", source.name), word("health", how), since].filter(Boolean).join(" ");
}

const nextTry = (source) => source.next_try_at && say("health.next", { time: instantText(source.next_try_at) });

// Forms.

let ids = 0;

/** A field with its label, its hint, and room for what is wrong with it. */
function field(name, { label, hint, value, optional, options, ...properties }) {
  const id = `field-${(ids += 1)}`;
  const wrong = `${id}-wrong`;
  const common = { id, name, "aria-describedby": hint ? `${id}-hint ${wrong}` : wrong };
  const input = options
    ? h("select", common, options.map(([code, text]) => h("option", { value: code, selected: code === value }, text)))
    : h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...common, value, ...properties });
  return h("div.field",
    h("label", { for: id }, label, optional && h("span.optional", say("form.optional"))),
    input,
    hint && h("p.hint", { id: `${id}-hint` }, hint),
    h("p.wrong", { id: wrong }));
}

const choice = (properties, label) => h("label.choice", h("input", { type: "checkbox", ...properties }), label);

function clearErrors(form) {
  for (const place of form.querySelectorAll(".wrong")) place.replaceChildren();
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Shows what is wrong, each at its field, the rest above the buttons. */
function showErrors(form, { message, fields = [] }) {
  clearErrors(form);
  const texts = fields.length ? [] : [message];
  for (const { field: name, reason } of fields) {
    const input = form.elements.namedItem(String(name));
    const place = document.getElementById(`${input?.id}-wrong`);
    if (!place) {
      texts.push(`${word("field", name)}: ${reason}`);
      continue;
    }
    input.closest("details")?.setAttribute("open", "");
    input.setAttribute("aria-invalid", "true");
    place.textContent = reason;
  }
  form.querySelector(".whole").replaceChildren(...texts.map((text) => h("span", text)));
  form.querySelector("[aria-invalid]")?.focus();
}

/**
 * A form. `send` gets what was entered; a failure is shown where it belongs. What `send` returns is
 * done only if the form is still there: the viewer may have gone on.
 */
function makeForm({ send, go: label, beside, look }, ...parts) {
  const submit = h("button", { class: look ?? "primary" }, label);
  const form = h("form", { novalidate: true }, parts,
    h("p.wrong.whole", { role: "alert" }), h("div.buttons", submit, beside));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    clearErrors(form);
    submit.disabled = true;
    try {
      const needed = [...form.elements].filter((input) => input.required && !input.value.trim());
      if (needed.length) throw wrongFields(...needed.map((input) => [input.name, say("error.needed")]));
      const done = await send(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()])));
      if (form.isConnected) done?.();
    } catch (error) {
      if (error instanceof KeyRefused) leave();
      else showErrors(form, failureOf(error));
    }
    submit.disabled = false;
  });
  return form;
}

/** What follows a form: another view, or the same anew. */
const onTo = (link, text) => () => {
  if (location.hash === link) go();
  else location.hash = link;
  tell(text);
};

const wrongFields = (...wrong) => new Failure("", 422, wrong.map(([name, reason]) => ({ field: name, reason })));

/** Asks before what cannot be undone. */
function ask(question, text, yes, send) {
  const form = makeForm({ send, go: yes, look: "danger", beside: button(say("cancel"), () => dialog.close()) });
  const dialog = h("dialog", { "aria-labelledby": "ask", onclose: () => dialog.remove() },
    h("h2", { id: "ask", dir: "auto" }, question), text && h("p", text), form);
  document.body.append(dialog);
  dialog.showModal();
}

// The list.

const PAGE = 50;
const LONGEST_PAGE = 100;
const PATIENT_PAGES = 10;
const STATES = known("state");
const STAGES = known("stage").filter((stage) => stage !== "advisory");
const isWide = matchMedia("(min-width: 56rem)");
let lastList = null;

function listLink(wanted) {
  const query = String(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)));
  return `#/${query && `?${query}`}`;
}

async function listView({ query, signal }) {
  const wanted = Object.fromEntries(["state", "stage", "cursor"].map((name) => [name, query.get(name)]));
  const { state, stage } = wanted;
  const results = h("div.results");
  const tabs = h("nav.tabs", { "aria-label": say("list.states") });
  const counted = () => tabs.replaceChildren(...[null, ...STATES].map((name) =>
    h("a", { href: listLink({ state: name, stage }), "aria-current": name === state && "true" },
      name ? word("state", name) : say("list.all"),
      name && counts && h("span.count", count(counts.orders[name] ?? 0)))));
  counted();
  const options = [["", say("list.any")], ...STAGES.map((name) => [name, word("stage", name)])];
  const stages = field("stage", { label: say("list.stage"), value: stage, options });
  stages.addEventListener("change", ({ target }) => { location.hash = listLink({ state, stage: target.value }); });
  return {
    title: say("list.title"),
    content: [
      h("div.title", h("h1", say("list.title")), buttonLink(say("list.add"), "#/add", "primary")),
      h("div.filters", tabs, h("details", { open: isWide.matches || stage }, h("summary.wide", say("list.filter")), h("div.filters", stages, findForm(signal)))),
      results,
    ],
    counted,
    shown: () => (isKept(wanted) ? showKept(results) : readList(results, wanted, signal)),
  };
}

function findForm(signal) {
  const unknown = () => wrongFields(["id", say("list.unknown")]);
  const send = async ({ id }) => {
    if (!ORDER_ID.test(id)) throw unknown();
    try {
      await call("GET", `orders/${id}`, { signal });
    } catch (error) {
      throw error.status === 404 ? unknown() : error;
    }
    return () => { location.hash = orderLink(id); };
  };
  const form = makeForm({ send, go: say("list.go"), look: "plain" },
    field("id", { label: say("list.find"), type: "search", required: true, autocapitalize: "off" }));
  form.className = "find";
  form.role = "search";
  return form;
}

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
      const page = await call("GET", "orders", { query: { ...wanted, cursor: next, limit }, signal });
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
    results.replaceChildren(notice(message, status === 400
      ? buttonLink(say("list.first"), "#/", "primary")
      : button(say("retry"), () => readList(results, wanted, signal), "primary")));
    return;
  }
  lastList = { link: listLink(wanted), at: Date.now(), wanted, found, next };
  showOrders(results, lastList);
}

function showOrders(results, { wanted, found, next }) {
  const { state, stage, cursor } = wanted;
  if (!found.length && !state && !stage && !cursor) {
    results.replaceChildren(h("div.empty", h("h2", say("list.empty")), h("p", say("list.begin")), buttonLink(say("list.add"), "#/add", "primary")));
    return;
  }
  const following = next && listLink({ ...wanted, cursor: next });
  const isUrgent = found.some((order) => GROUPS.now.includes(lookOf(order)));
  const isCalm = !isUrgent && found.some((order) => order.state === "watching");
  const none = next ? "none_so_far" : cursor ? "end" : "none";
  results.replaceChildren(...[
    isCalm && h("p.calm", say(next || cursor || stage ? "list.calm_here" : "list.calm")),
    Object.entries(GROUPS).map(([name, looks]) => group(name, found.filter((order) => looks.includes(lookOf(order))))),
    found.length
      ? h("p.unseen", { role: "status" }, say("list.shown", { n: found.length }))
      : h("p.note", say(`list.${none}`), " ", h("a", { href: "#/" }, say("list.reset"))),
    (following || cursor) && h("nav.pages", { "aria-label": say("list.pages") },
      cursor && buttonLink(say("list.first"), listLink({ state, stage })),
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

const idsLine = (order, id) => h("p.ids", id && h("span", id), h("span", order.tracking_number ?? say("order.no_number")));

// An order.

const PHASES = [
  ["awaiting_shipment", "not_found", "unknown", "ordered"],
  ["accepted", "origin_sorting", "export_customs"],
  ["departed_origin"],
  ["arrived_destination", "import_customs"],
  ["last_mile_carrier", "out_for_delivery", "ready_for_pickup", "failed_attempt"],
  ["delivered"],
];
const LONG_GAP = 3;
const POLLS = [2, 3, 5, 8, 12, 20, 30];
const BY_HAND = "https://global.cainiao.com/newDetail.htm?mailNoList=";

async function orderView({ id, signal }) {
  const order = await call("GET", `orders/${id}`, { signal });
  const content = h("div");
  const show = (seen) => content.replaceChildren(...orderParts(seen, show));
  show(order);
  return { title: nameOf(order), content: [content], shown: () => awaitAnswer(order, content, show, signal) };
}

/** Looks again, with growing pauses, until the first check has answered; then gives up. */
async function awaitAnswer(order, content, show, signal) {
  if (!order.tracking_number || order.answered_at || order.state !== "watching") return;
  const note = h("p.note", { role: "status" }, say("order.first"));
  content.querySelector(".present").after(note);
  for (const seconds of POLLS) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    if (signal.aborted) return;
    if (content.querySelector(".asking form, form:focus-within")) continue; // What is being entered is worth more than news.
    const seen = await call("GET", `orders/${order.order_id}`, { signal }).catch(() => null);
    if (seen?.answered_at && !signal.aborted) {
      const hadFocus = content.contains(document.activeElement);
      show(seen);
      if (hadFocus) focusOn(content.querySelector("h1"));
      return;
    }
  }
  note.replaceChildren(say("order.later"), " ", button(say("order.again"), go));
}

function orderParts(order, show) {
  const id = order.order_id;
  return [
    back(lastList?.link ?? "#/", say("list.title")),
    h("div.title", h("h1", { dir: "auto" }, nameOf(order)), buttonLink(say("order.edit"), `${orderLink(id)}/edit`)),
    idsLine(order, order.title && say("order.name", { id })),
    h("div.columns",
      h("div", presentPart(order), unscannedPart(order, show), deedsPart(order, show), draftsPart(order), claimPart(order), timelinePart(order)),
      h("div", factsPart(order), alertsPart(order), saidPart(order), forgetPart(order))),
  ];
}

const part = (name, title, ...children) =>
  h("section", { class: name, "aria-labelledby": `part-${name}` }, h("h2", { id: `part-${name}` }, title), children);

function presentPart(order) {
  const meter = silenceMeter(order);
  return h("section.present.card", { class: lookOf(order), "aria-label": say("order.advice") },
    standingLine(order),
    h("p.advice", order.advice),
    order.severity === "claim" && h("div.buttons",
      button(say("claim.go"), () => turnTo("claim-file")),
      button(say("drafts.go"), () => turnTo("drafts"))),
    order.observations.length > 0 && h("div.odd", h("h2", say("order.odd")),
      h("ul", order.observations.map(({ text }) => h("li", outside(text))))),
    journey(order),
    meter && h("div", meter, h("p.hint", { "aria-hidden": "true" }, meter.title)),
    datesList(order));
}

function journey({ stage, tracking_number: number, checkpoints }) {
  const phaseOf = (place) => PHASES.findIndex((stages) => stages.includes(place));
  const seen = checkpoints.filter((checkpoint) => checkpoint.tracking_number === number);
  // A stage that is no place on the way, such as a problem, is where the parcel was before.
  const at = phaseOf(stage) >= 0 ? phaseOf(stage) : Math.max(0, ...seen.map((checkpoint) => phaseOf(checkpoint.stage)));
  const text = say("order.phase", { phase: word("phase", at), n: at + 1, all: PHASES.length });
  const look = (phase) => (phase < at ? "done" : phase === at ? "here" : null);
  return h("div.journey", { role: "img", "aria-label": text }, PHASES.map((_, phase) => h("span", { class: look(phase) }, word("phase", phase))));
}

// Where it may lie unscanned.

const SPOTS = known("spot");

/** Where the buyer has looked in vain, each with the last day. */
function lookedAt(order) {
  const days = {};
  for (const { answers } of standing(order)) {
    for (const [spot, day] of Object.entries(answers ?? {})) if (!(days[spot] > day)) days[spot] = day;
  }
  return days;
}

/** Whether the buyer should look for it now: before a claim, and where it is said to be delivered. */
const isSought = ({ pressing, stage, state }) =>
  state === "delivered" || (pressing === "refund_claim" && stage !== "returned");

function unscannedPart(order, show) {
  if (!isSought(order)) return null;
  const why = order.state === "delivered" ? say("look.delivered") : say("look.claim");
  const isOpen = SPOTS.some((spot) => !lookedAt(order)[spot]);
  return part("unscanned", say("look.title"), h("p.hint", isOpen ? why : say("look.all")), spotsForm(order, show));
}

function spotsForm(order, show, beside) {
  const looked = lookedAt(order);
  const open = SPOTS.filter((spot) => !looked[spot]);
  const done = SPOTS.filter((spot) => looked[spot]).map((spot) =>
    h("li", say("look.done", { place: word("spot", spot), date: dayText(looked[spot]) })));
  const list = done.length > 0 && h("ul.looked", done);
  if (!open.length) return list;
  const send = async (entered) => {
    const checked = open.filter((spot) => entered[`spot.${spot}`]);
    if (!checked.length) throw new Failure(say("look.none"));
    const answers = Object.fromEntries(checked.map((spot) => [spot, entered[`answers.${spot}`]]));
    return noteDeed("not_found_here", order, show, { answers });
  };
  return makeForm({ send, go: say("act.go"), beside }, list, open.map((spot) => spotLine(spot, order)));
}

function spotLine(spot, order) {
  const number = spot === "post_office" && order.tracking_number;
  return h("div.spot",
    choice({ name: `spot.${spot}` }, h("span", word("ask", spot), number && ` ${say("look.number", { number })}`)),
    field(`answers.${spot}`, {
      label: say("look.on", { place: word("spot", spot) }), type: "date", required: true,
      value: isoDay(today()), min: order.ordered_on, max: isoDay(today() + 1),
    }));
}

const DEEDS = known("deed");
const OUTCOMES = ["received", "refunded", "lost"];

function deedsPart(order, show) {
  const isPossible = (deed) =>
    !(deed === "not_found_here" && isSought(order)) && isSensible(deed);
  const isSensible = (deed) =>
    deed === "reopen" ? standing(order).length > 0 : order.state !== "closed" || OUTCOMES.includes(deed);
  const place = h("div.asking");
  const openers = DEEDS.filter(isPossible).map((deed) => {
    const opener = button(word("deed", deed), () => {
      const isOpen = opener.ariaExpanded === "true";
      for (const other of openers) other.ariaExpanded = "false";
      opener.ariaExpanded = String(!isOpen);
      place.replaceChildren(...(isOpen ? [] : [deedForm(deed, order, show, opener)]));
      (isOpen ? opener : place.querySelector("input, button")).focus();
    });
    opener.ariaExpanded = "false";
    return opener;
  });
  return part("deeds", say("act.title"), h("div.buttons", openers), place, h("p.hint", say("act.hint")));
}

/** Sends what the buyer says; what comes back shows it. */
async function noteDeed(deed, order, show, said) {
  const seen = await call("POST", `orders/${order.order_id}/actions`, { body: { action: deed, ...said } });
  changed();
  return () => {
    show(seen);
    focusOn(document.getElementById("part-deeds"));
    tell(say("act.noted", { deed: word("deed", deed) }));
  };
}

function deedForm(deed, order, show, opener) {
  const cancel = button(say("cancel"), () => opener.click());
  if (deed === "not_found_here") {
    return h("div", h("h3", word("deed", deed)), h("p", word("does", deed)), spotsForm(order, show, cancel));
  }
  const send = (entered) => noteDeed(deed, order, show, given(entered));
  const { currency } = order;
  const tomorrow = isoDay(today() + 1);
  return makeForm({ send, go: say("act.go"), beside: cancel },
    h("h3", word("deed", deed)),
    h("p", word("does", deed)),
    deed === "snooze" && field("until", { label: say("act.until"), type: "date", required: true, value: isoDay(today() + 7), min: tomorrow }),
    deed === "refunded" && (currency
      ? field("amount", { label: say("act.amount"), inputmode: "decimal", optional: true, hint: say("act.in", { currency }) })
      : h("p.hint", say("act.no_currency"))),
    !["snooze", "close", "reopen"].includes(deed)
      && field("on", { label: say("act.on"), type: "date", optional: true, hint: say("act.today"), min: order.ordered_on, max: tomorrow }));
}

const AMOUNTS = ["price", "amount"];

/** What was entered, without what was left empty; amounts may have a comma. */
function given(entered) {
  const filled = Object.entries(entered).filter(([, value]) => value !== "");
  return Object.fromEntries(filled.map(([name, value]) => [name, AMOUNTS.includes(name) ? value.replace(",", ".") : value]));
}

const SELLERS = "zh";
const LANGUAGES = known("language").filter((code) => code !== SELLERS);
const languages = (codes) => codes.map((code) => [code, word("language", code)]);

/** Words to send, read when they are wanted; in the order's language until another is chosen. */
function draftsPart({ order_id: id, language }) {
  const place = h("div");
  let present;
  const read = async (chosen) => {
    present?.abort();
    present = new AbortController();
    const { signal } = present;
    place.replaceChildren(h("p.hint", { role: "status" }, say("loading")));
    try {
      const { drafts } = await call("GET", `orders/${id}/drafts`, { query: { language: chosen }, signal });
      select.value = drafts[0].language;
      place.replaceChildren(...drafts.map(draftItem));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KeyRefused) leave();
      else place.replaceChildren(notice(failureOf(error).message, button(say("retry"), () => read(chosen), "primary")));
    }
  };
  const choice = field("in", { label: say("drafts.in"), options: languages([...LANGUAGES, SELLERS]), value: language });
  const select = choice.querySelector("select");
  select.addEventListener("change", () => read(select.value));
  const details = h("details", { ontoggle: () => { if (details.open && !present) read(language); } },
    h("summary", say("drafts.show")), choice, place);
  return part("drafts", say("drafts.title"), h("p.hint", say("drafts.hint")), details);
}

function draftItem({ kind, language, text }) {
  const words = h("p", { lang: language, dir: "auto" }, text);
  return h("div.panel", h("h3", word("draft", kind)), words, button(say("drafts.copy"), () => copyWords(words)));
}

/** Copies words, or selects them where the browser keeps the clipboard to itself. */
async function copyWords(words) {
  try {
    await navigator.clipboard.writeText(words.textContent);
    tell(say("drafts.copied"));
  } catch {
    getSelection().selectAllChildren(words);
    tell(say("drafts.selected"));
  }
}

/** The claim file: a link to it is made, opened, copied and revoked here. */
function claimPart({ order_id: id }) {
  const made = h("ul.links");
  const older = h("details", { ontoggle: () => older.open && listLinks(id, older) }, h("summary", say("claim.older")), h("ul.links"));
  const form = makeForm({
    go: say("claim.make"),
    look: "plain",
    send: async () => {
      const link = await call("POST", `orders/${id}/claim/links`);
      return () => {
        made.prepend(linkItem(id, link));
        if (older.open) listLinks(id, older);
        made.querySelector("a").focus();
        tell(say("claim.made"));
      };
    },
  });
  return part("claim-file", say("claim.title"), h("p.hint", say("claim.hint")), form, made, older);
}

async function listLinks(id, older) {
  const list = older.querySelector("ul");
  try {
    const { links } = await call("GET", `orders/${id}/claim/links`);
    list.replaceChildren(...(links.length ? links.map((link) => linkItem(id, link)) : [h("li.hint", say("claim.none"))]));
  } catch (error) {
    if (error instanceof KeyRefused) leave();
    else list.replaceChildren(h("li.wrong", failureOf(error).message));
  }
}

/** A link; what it opens is known only right after it was made. */
function linkItem(id, { id: linkId, token, made_at: at, ends_at: end }) {
  const send = async () => {
    await call("DELETE", `orders/${id}/claim/links/${linkId}`);
    return () => {
      for (const same of document.querySelectorAll(`[data-link="${CSS.escape(linkId)}"]`)) same.remove();
      document.querySelector("dialog").close();
      focusOn(document.getElementById("part-claim-file"));
      tell(say("claim.revoked"));
    };
  };
  const revoke = button(say("claim.revoke"), () => ask(say("claim.revoke_ask"), say("claim.revoke_means"), say("claim.revoke_yes"), send), "link");
  const url = token && new URL(`claims/${encodeURIComponent(token)}`, base).href;
  return h("li", { "data-link": linkId },
    h("p", say("claim.link", { made: instantText(at), end: dayText(end.slice(0, 10)) })),
    url && h("div.buttons",
      h("a.button.primary", { href: url, target: "_blank", rel: "noopener noreferrer" }, say("claim.open")),
      h("a.button", { href: `${url}?as=png`, download: `claim-${id}.png` }, say("claim.picture")),
      button(say("claim.copy"), ({ target }) => copyLink(url, target))),
    h("p", revoke));
}

/** Copies an address, or shows it where the browser keeps the clipboard to itself. */
async function copyLink(url, opener) {
  try {
    await navigator.clipboard.writeText(url);
    tell(say("claim.copied"));
  } catch {
    const shown = h("input", { readonly: true, value: url, "aria-label": say("claim.address") });
    opener.replaceWith(shown);
    shown.select();
  }
}

function timelinePart(order) {
  const { checkpoints, silent_days: silent } = order;
  const isSilent = order.state === "watching" && order.last_checkpoint && silent >= LONG_GAP;
  const items = checkpoints.map((checkpoint, index) => {
    const newer = checkpoints[index - 1];
    const n = newer ? Math.floor((Date.parse(newer.at) - Date.parse(checkpoint.at)) / DAY) : 0;
    return [n >= LONG_GAP && h("li.gap", say("order.gap", { n })), checkpointItem(checkpoint, order)];
  });
  return part("timeline", say("order.timeline"), checkpoints.length
    ? h("ol", { class: lookOf(order) }, isSilent && h("li.gap.latest", say("order.gap_now", { n: silent })), items)
    : h("p.hint", say("order.untold")));
}

function checkpointItem(checkpoint, order) {
  const { stage, text, code, place, source, tracking_number: number } = checkpoint;
  const notes = [
    word("stage", stage),
    number !== order.tracking_number && say("order.under", { number }),
    source !== "cainiao" && say("order.from", { source: word("source", source) }),
  ];
  return h("li", { class: stage === "advisory" && "advisory" },
    h("p.hint", instantElement(checkpoint.at)),
    h("p", outside(text || code), place && [" · ", outside(place)]),
    h("p.hint", notes.filter(Boolean).join(" · ")));
}

function factsPart(order) {
  const number = order.tracking_number;
  const isDue = order.next_check_at && Date.parse(order.next_check_at) <= Date.now();
  const byHand = { href: BY_HAND + encodeURIComponent(number), target: "_blank", rel: "noopener noreferrer" };
  const facts = {
    "field.order_id": order.order_id,
    "field.tracking_number": number && [number, h("br"), h("a", byHand, say("order.by_hand"))],
    "field.ordered_on": dayElement(order.ordered_on),
    "field.shipped_on": dayElement(order.shipped_on),
    "field.seller": outside(order.seller),
    "field.price": order.price && moneyText(order.price, order.currency),
    "order.stake": order.stake && stakeText(order.stake),
    "field.service": word("service", order.service),
    "field.destination": countryName(order.destination),
    "field.language": order.language && word("language", order.language),
    "field.remote": order.remote !== null && say(order.remote ? "yes" : "no"),
    "order.window": say("order.range", order.window),
    "order.days_in_transit": order.days_in_transit !== null && say("order.days", { n: order.days_in_transit }),
    "order.answered_at": instantElement(order.answered_at),
    "order.checked_at": instantElement(order.checked_at),
    "order.next_check_at": isDue ? say("order.soon") : instantElement(order.next_check_at),
  };
  return part("facts", say("order.facts"), h("dl", Object.entries(facts).map(([name, value]) =>
    value && h("div", h("dt", say(name)), h("dd", value)))));
}

/** What the price counts as; an outcome with its amount and its days. */
function stakeText({ standing, amount, currency, days }) {
  const outcome = days !== null && [moneyText(amount, currency), say("order.after", { n: days })];
  return [word("standing", standing), outcome].flat().filter(Boolean).join(", ");
}

/** An amount; its currency may have been cleared since. */
const moneyText = (amount, currency) =>
  currency ? new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount) : amount;

/** An entry of a list: what, with which details, and when. */
const entry = (look, what, details, at) =>
  h("li", { class: look }, h("strong", what), details && ` (${details})`, h("br"), instantElement(at) ?? say("order.pending"));

function alertsPart({ alerts }) {
  const items = alerts.map(({ kind, reason, sent_at: at }) =>
    entry(SEVERITY[kind], word("kind", kind), reason && word("reason", reason), at));
  return part("alerts", say("order.alerts"), items.length ? h("ul", items) : h("p.hint", say("order.no_alerts")));
}

function saidPart(order) {
  const inForce = standing(order).length;
  const items = order.actions.map(({ action, at, on, until, amount, answers }, index) => {
    const isVoid = index >= inForce;
    const details = [
      amount && moneyText(amount, order.currency),
      until && say("act.until_day", { date: dayText(until) }),
      on && say("act.on_day", { date: dayText(on) }),
      ...Object.entries(answers ?? {}).map(([spot, day]) => `${word("spot", spot)} ${dayText(day)}`),
      isVoid && action !== "reopen" && say("act.taken_back"),
    ];
    return entry(isVoid && "void", word("deed", action), details.filter(Boolean).join(", "), at);
  });
  return items.length ? part("said", say("act.said"), h("ul", items)) : null;
}

function forgetPart(order) {
  const send = async () => {
    await call("DELETE", `orders/${order.order_id}`);
    const link = lastList?.link ?? "#/";
    changed();
    return onTo(link, say("order.forgotten"));
  };
  const question = say("order.forget_ask", { name: nameOf(order) });
  return h("p", button(say("order.forget"), () => ask(question, say("order.forget_means"), say("order.forget_yes"), send), "link"));
}

// Adding and editing.

const NO_COUNTRIES = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split(" ");
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const regions = new Intl.DisplayNames([LANGUAGE], { type: "region", fallback: "none" });
const countryName = (code) => regions.of(code) ?? code;

/** The countries that the browser knows: the codes with a name that stand for themselves. */
function countries() {
  const isCountry = (code) =>
    !NO_COUNTRIES.includes(code) && regions.of(code) && Intl.getCanonicalLocales(`und-${code}`)[0].endsWith(code);
  return LETTERS.flatMap((first) => LETTERS.map((second) => first + second))
    .filter(isCountry)
    .map((code) => [code, countryName(code)])
    .sort(([, one], [, other]) => one.localeCompare(other, LANGUAGE));
}

/** The fields of an order: the essential ones, and the rest. */
function orderFields(order) {
  const make = (name, more) =>
    field(name, { label: word("field", name), hint: WORDS[`hint.${name}`], value: order?.[name], optional: true, ...more });
  const date = (name, more) => make(name, { type: "date", min: "2010-01-01", ...more });
  const select = (name, options, value) => make(name, { options: [["", word("none", name)], ...options], value });
  const services = known("service").map((service) => [service, word("service", service)]);
  // What the tracking decided looks like what the buyer chose, so it is kept unless another is chosen.
  if (order) services.push(["keep", say("keep.service", { service: word("service", order.service) })]);
  return [
    [
      !order && make("order_id", { optional: false, required: true, autocapitalize: "off" }),
      date("ordered_on", { optional: false, required: true, max: isoDay(today() + 1) }),
      make("tracking_number", { autocapitalize: "characters" }),
      date("protection_ends_on"),
      make("title", { spellcheck: "true" }),
    ],
    [
      make("seller"),
      h("div.pair", make("price", { inputmode: "decimal" }), make("currency", { maxlength: 3, autocapitalize: "characters" })),
      date("shipped_on"),
      select("service", services, order && "keep"),
      select("destination", countries(), order?.destination),
      select("language", languages(LANGUAGES), order?.language),
      select("remote", [["true", say("yes")], ["false", say("no")]], String(order?.remote)),
    ],
  ];
}

/** What was entered, as the API takes it. */
function sent(entered) {
  const { remote, ...rest } = given(entered);
  return { ...rest, ...(remote && { remote: remote === "true" }) };
}

async function addView() {
  const [essential, more] = orderFields();
  const exists = h("span");
  const send = async (entered) => {
    const { order_id: id } = entered;
    if (!ORDER_ID.test(id)) throw wrongFields(["order_id", say("form.id")]);
    exists.replaceChildren();
    try {
      await call("POST", "orders", { body: sent(entered) });
    } catch (error) {
      if (error.status === 409) exists.replaceChildren(buttonLink(say("form.exists"), orderLink(id)));
      throw error;
    }
    changed();
    return onTo(orderLink(id), say("order.added"));
  };
  const beside = [buttonLink(say("cancel"), "#/"), exists];
  const details = h("details", h("summary", say("form.more")), more);
  return titled(say("form.add"), h("div.panel", makeForm({ send, go: say("form.add_go"), beside }, essential, details)));
}

async function editView({ id, signal }) {
  const order = await call("GET", `orders/${id}`, { signal });
  const send = async (entered) => {
    const wanted = sent(entered);
    const isOther = (name) => (name === "service" ? wanted[name] !== "keep" : (wanted[name] ?? null) !== order[name]);
    const body = Object.fromEntries(Object.keys(entered).filter(isOther).map((name) => [name, wanted[name] ?? null]));
    const isChanged = Object.keys(body).length > 0;
    if (isChanged) await call("PATCH", `orders/${id}`, { body });
    changed();
    return onTo(orderLink(id), say(isChanged ? "order.saved" : "order.same"));
  };
  const form = makeForm({ send, go: say("form.edit_go"), beside: buttonLink(say("cancel"), orderLink(id)) }, orderFields(order));
  return {
    title: say("form.edit"),
    content: [back(orderLink(id), nameOf(order)), h("h1", say("form.edit")), h("div.panel", form)],
  };
}

// Subscribers.

const KINDS = known("kind");

async function subscriptionsView({ signal }) {
  const { subscriptions } = await call("GET", "subscriptions", { signal });
  return titled(say("subs.title"),
    subscriptions.length ? h("ul.cards", subscriptions.map(subscriber)) : h("p.note", say("subs.nobody")),
    part("subscribe", say("subs.add"), h("p.hint", say("subs.hint")), h("div.panel", subscribeForm())));
}

function subscriber({ id, protocol, endpoint, kinds, language, confirmed }) {
  const send = async () => {
    await call("DELETE", `subscriptions/${id}`);
    return onTo(VIEWS.subscriptions, say("subs.removed"));
  };
  const wanted = kinds?.toSorted((one, other) => KINDS.indexOf(one) - KINDS.indexOf(other));
  const remove = () => ask(say("subs.remove_ask", { endpoint }), null, say("subs.remove"), send);
  return h("li.card.subscriber",
    h("div",
      h("p.stage", h("span", word("subs", protocol)), h("span", { class: confirmed ? "fine" : "stale" }, say(confirmed ? "subs.confirmed" : "subs.unconfirmed"))),
      h("h2", outside(endpoint)),
      h("p", wanted?.map((kind) => word("kind", kind)).join(", ") ?? say("subs.all")),
      h("p.hint", word("language", language))),
    h("div.buttons", button(say("subs.remove"), remove)));
}

function subscribeForm() {
  const send = async ({ endpoint, language, ...chosen }) => {
    const kinds = KINDS.filter((kind) => chosen[`kind.${kind}`]);
    const protocol = endpoint.includes("@") ? "email" : "sms";
    const body = { protocol, endpoint, kinds: kinds.length === KINDS.length ? null : kinds, language: language || null };
    await call("POST", "subscriptions", { body });
    return onTo(VIEWS.subscriptions, say("subs.saved"));
  };
  const boxes = KINDS.map((kind) => choice({ name: `kind.${kind}`, checked: true }, word("kind", kind)));
  return makeForm({ send, go: say("subs.go") },
    field("endpoint", { label: say("subs.address"), required: true }),
    field("language", { label: word("field", "language"), hint: say("subs.language"), options: [["", word("none", "language")], ...languages(LANGUAGES)] }),
    h("fieldset", h("legend", word("field", "kinds")), h("div.boxes", boxes)));
}

// The counts.

async function statsView({ signal }) {
  const stats = await call("GET", "stats", { signal });
  takeCounts(stats);
  const stateLink = (state) => listLink({ state });
  const stageLink = (stage) => listLink({ stage });
  return titled(say("stats.title"), h("div.stats",
    part("states", say("stats.orders"), bars(stats.orders, "state", stateLink)),
    part("stages", say("stats.stages"), bars(stats.stages, "stage", stageLink)),
    part("kinds", say("stats.alerts"), bars(stats.alerts, "kind")),
    part("money", say("stats.money"), moneyTables(stats.money)),
    part("deliveries", say("stats.deliveries"), deliveriesTable(stats.deliveries)),
    part("sources", say("stats.sources"), stats.sources.map((source) =>
      h("p", { class: isIll(source) ? "stale" : "fine" }, healthText(source), ". ", sentences(nextTry(source), creditsText(source.credits)))))));
}

/** What a source has cost, where it takes credits. */
function creditsText(credits) {
  if (!credits) return "";
  const { spent, left, total, asked_at: at } = credits;
  return sentences(
    say("stats.spent", { n: spent }),
    left !== null && say("stats.left", { left: count(left), total: count(total), time: instantText(at) }));
}

const sentences = (...said) => said.filter(Boolean).join(" ");

const STANDINGS = known("standing");

/** What each standing comes to, a table for each currency: amounts of two are never added. */
function moneyTables(money) {
  if (!money.length) return h("p.hint", say("stats.no_money"));
  return money.map(({ currency, ...sums }) => table(currency,
    ["standing", "amount", "count", "average_days"],
    STANDINGS.filter((name) => sums[name].count).map((name) => {
      const { amount, count: n, average_days: days } = sums[name];
      return [word("standing", name), moneyText(amount, currency), count(n), days === null ? "" : say("order.days", { n: days })];
    })));
}

function deliveriesTable(deliveries) {
  if (!deliveries.length) return h("p.hint", say("stats.no_deliveries"));
  const three = ({ median, p80, p95 }) => [median, p80, p95].map(count).join(" · ");
  return [
    h("p.hint", say("stats.three")),
    table(null, ["service", "parcels", "days", "silence", "window"], deliveries.map((found) => [
      `${countryName(found.destination)}, ${word("service", found.service)}`,
      count(found.parcels), three(found.days), three(found.silence), say("order.range", found.window),
    ])),
  ];
}

/** A table, whose first column says what the row is about. */
function table(caption, columns, rows) {
  return h("div.wide", { tabindex: "0", role: "group", "aria-label": caption ?? say("stats.deliveries") }, h("table",
    caption && h("caption", caption),
    h("thead", h("tr", columns.map((name) => h("th", { scope: "col" }, word("column", name))))),
    h("tbody", rows.map(([first, ...others]) =>
      h("tr", h("th", { scope: "row" }, first), others.map((text) => h("td", text)))))));
}

function bars(numbers, family, link) {
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

function keyView(isRefused) {
  const input = field("key", { label: say("key.key"), type: "password", required: true, autocapitalize: "off", hint: say("key.where") });
  const send = async (entered) => {
    if (!/^[\x21-\x7e]+$/.test(entered.key)) throw wrongFields(["key", say("key.odd")]);
    const stats = await call("GET", "stats", { key: entered.key }).catch((error) => {
      throw error instanceof KeyRefused ? wrongFields(["key", say("key.refused")]) : error;
    });
    return () => {
      keepKey(entered.key, Boolean(entered.remember));
      takeCounts(stats);
      go();
    };
  };
  const remember = choice({ name: "remember" }, h("span", say("key.remember"), h("span.hint", say("key.tab"))));
  const form = makeForm({ send, go: say("key.open") }, input, remember);
  return {
    title: say("key.title"),
    content: [h("div.door", logo(56), h("h1", say("key.title")), h("p.intro", say("key.intro")), h("div.panel", form))],
    shown: () => {
      if (isRefused) showErrors(form, { message: say("key.refused") });
      form.elements.key.focus();
    },
  };
}

// From view to view.

const notice = (text, way) => h("div.problem", { role: "alert" }, h("p", text), way);
const titled = (title, ...content) => ({ title, content: [h("h1", title), ...content] });
const missing = (text) => titled(say("none.title"), notice(text, buttonLink(say("none.list"), "#/", "primary")));

function route() {
  const [path, search] = (location.hash.slice(1) || "/").split("?");
  const [first, id = "", last, ...more] = path.split("/").slice(1);
  if (first === "orders" && ORDER_ID.test(id) && !more.length) {
    if (!last) return { view: orderView, id };
    if (last === "edit") return { view: editView, id };
  }
  if (!first) return { name: "list", view: listView, query: new URLSearchParams(search) };
  if (!id && first === "add") return { name: first, view: addView };
  if (!id && first === "subscriptions") return { name: first, view: subscriptionsView };
  if (!id && first === "stats") return { name: first, view: statsView };
  return { view: async () => missing(say("none.page")) };
}

let present = new AbortController();
let isFirst = true;
let isWaiting = false;

/** Brings the key's form back. */
function leave() {
  forgetKey();
  go(true);
}

async function go(isRefused) {
  present.abort();
  present = new AbortController();
  const { signal } = present;
  const to = route();
  showNavigation(to.name);
  document.querySelector("dialog")?.close();
  frame.main.ariaBusy = "true";
  let seen;
  isWaiting = false;
  try {
    seen = key ? await to.view({ ...to, signal }) : keyView(isRefused === true);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof KeyRefused) {
      leave();
      return;
    }
    const { message, status } = failureOf(error);
    isWaiting = status === undefined;
    seen = status === 404
      ? missing(say("none.order", { id: to.id }))
      : titled(say("error.title"), notice(message, button(say("retry"), go, "primary")));
  }
  if (signal.aborted) return;
  frame.main.ariaBusy = "false";
  frame.main.replaceChildren(...seen.content);
  document.title = `${seen.title} · ${say("app")}`;
  scrollTo(0, 0);
  if (!isFirst) focusOn(frame.main.querySelector("h1"));
  isFirst = false;
  seen.shown?.();
  if (key) freshCounts(signal).then(() => seen.counted?.(), () => {}); // The view itself tells what fails.
}

/** Shows another part of the view. */
function turnTo(name) {
  const heading = document.getElementById(`part-${name}`);
  focusOn(heading);
  heading.scrollIntoView();
}

function focusOn(heading) {
  heading.tabIndex = -1;
  heading.focus();
}

addEventListener("hashchange", () => go());
addEventListener("online", () => { if (isWaiting) go(); });
addEventListener("storage", (event) => {
  // Forgotten in another tab, it is forgotten here.
  if (event.key === KEY && !event.newValue && key) {
    forgetKey();
    go();
  }
});

showFrame();
go();
