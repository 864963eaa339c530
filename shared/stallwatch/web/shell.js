/* The frame around every view: header, banner, status line, footer, and the counts that it shows. */

import { DAY, INSTANT, LANGUAGE, NAME, SELLERS, button, h, instantText, listen, part, reload, known, say, shape, word } from "./lib.js";
import { apiKey, base, call, forgetKey } from "./client.js";

export const VIEWS = { list: "#/", add: "#/add", subscriptions: "#/subscriptions", stats: "#/stats" };

/** What stands above the words where they are at the foot of a small screen. */
const SIGNS = {
  list: "M3 7l9-4 9 4v10l-9 4-9-4zM3 7l9 4 9-4M12 11v10",
  add: "M12 5v14M5 12h14",
  subscriptions: "M6 17v-6a6 6 0 0 1 12 0v6l2 2H4zM10 22h4",
  stats: "M5 20V10M12 20V4M19 20v-7",
};

const signOf = (view) => shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path", { d: SIGNS[view] }));

export const frame = {
  banner: h("div.banner", { role: "status", hidden: true }),
  nav: h("nav", { "aria-label": say("nav.main") }),
  forget: button(say("nav.forget"), () => {
    forgetKey();
    reload();
    tell(say("nav.forgotten"));
  }, "link"),
  main: h("main", { tabindex: "-1" }, h("p.note", say("loading"))),
  status: h("p.toast", { role: "status" }),
};

export function showFrame() {
  const { timeZone: zone } = INSTANT.resolvedOptions();
  document.body.append(
    h("header",
      button(say("skip"), () => frame.main.focus(), "skip"),
      h("a.brand", { href: "#/" }, logo(28), NAME),
      frame.nav,
      frame.forget),
    frame.banner,
    frame.main,
    h("footer", h("p", say("zone", { zone })), h("p.language", h("label", { for: "language" }, word("field", "language")), languageSwitch()),
      h("p", h("a", { href: new URL("docs", base).href }, say("docs")))),
    frame.status,
  );
}

/** Chooses the page's language: kept in a cookie, since the page comes with the words of one. */
function languageSwitch() {
  const spoken = known("language").filter((code) => code !== SELLERS);
  const onchange = ({ target }) => {
    const path = base.pathname.replace(/(.)\/$/, "$1");
    document.cookie = `language=${target.value}; path=${path}; max-age=31536000; samesite=strict`;
    location.reload();
  };
  return h("select", { id: "language", onchange }, spoken.map((code) =>
    h("option", { value: code, lang: code, selected: code === LANGUAGE }, word("language", code))));
}

export const logo = (size) => h("img", { src: "?asset=icon.svg", alt: "", width: size, height: size });

export function showNavigation(name) {
  frame.nav.hidden = frame.forget.hidden = !apiKey;
  frame.nav.replaceChildren(...Object.entries(VIEWS).map(([view, href]) =>
    h("a", { href, "aria-current": view === name && "page" }, signOf(view), say(`nav.${view}`))));
}

let fading;

/** Says what has just happened. */
export function tell(text) {
  clearTimeout(fading);
  frame.status.textContent = text;
  fading = setTimeout(() => frame.status.replaceChildren(), 8000);
}

// The counts, and with them the health of the sources, for every view.

export const FRESH = 60_000;

export let counts = null;

export async function freshCounts(signal) {
  if (!counts || Date.now() - counts.at > FRESH) takeCounts(await call("GET", "stats", { signal }));
  else showBanner();
}

export function takeCounts(answer) {
  counts = { ...answer, at: Date.now() };
  const ill = answer.sources.filter(isIll);
  troubles = ill.map((source) => h("p", h("strong", healthText(source), "."), " ", say("health.so"), " ", nextTry(source)));
  showBanner();
}

let troubles = [];

let told = null;

/** Reads whether anybody gets the alerts: once, until that may have changed. */
export async function freshSubscribers(signal) {
  told ??= confirmation(await call("GET", "subscriptions", { signal }));
  showBanner();
}

const confirmation = ({ subscriptions }) =>
  (subscriptions.some((one) => one.confirmed) ? "yes" : subscriptions.length ? "unconfirmed" : "nobody");

function showBanner() {
  const untold = (told === "nobody" || told === "unconfirmed") && location.hash !== VIEWS.subscriptions
    && h("p", say(`banner.${told}`), " ", h("a", { href: VIEWS.subscriptions }, say("banner.alerts")));
  const said = [...troubles, untold].filter(Boolean);
  frame.banner.hidden = !said.length;
  frame.banner.replaceChildren(...said);
}

/** Whether a source is known to be down: then nothing is on its way. */
export const isDown = () => counts?.sources.some(isIll) ?? false;

export const isIll = (source) => source.verdict !== "ok" || (source.down_since && Date.now() - Date.parse(source.down_since) > DAY);

export function healthText(source) {
  const how = source.verdict === "ok" && source.down_since ? "silent" : source.verdict;
  const since = source.down_since && say("health.since", { time: instantText(source.down_since) });
  return [word("source", source.name), word("health", how), since].filter(Boolean).join(" ");
}

export const nextTry = (source) => source.next_try_at && say("health.next", { time: instantText(source.next_try_at) });

// Forms.

/** Shows another part of the view. */
export function turnTo(name) {
  const heading = document.getElementById(`part-${name}`);
  focusOn(heading);
  heading.scrollIntoView();
}

export function focusOn(heading) {
  heading.tabIndex = -1;
  heading.focus();
}

listen("changed", () => { counts = told = null; });
listen("forgotten", () => {
  troubles = [];
  showBanner();
});
