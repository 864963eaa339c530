/* From view to view, and the form that asks for the key. */

import { NAME, button, buttonLink, h, listen, notice, say, titled } from "./lib.js";
import { KEY, KeyRefused, apiKey, call, failureOf, forgetKey, keepKey } from "./client.js";
import { focusOn, frame, freshCounts, freshSubscribers, logo, showFrame, showNavigation, takeCounts } from "./shell.js";
import { choice, field, makeForm, showErrors, wrongFields } from "./forms.js";
import { ORDER_ID } from "./parcel.js";
import { listView } from "./list.js";
import { orderView } from "./order.js";
import { addView, editView } from "./edit.js";
import { subscriptionsView } from "./subscribers.js";
import { statsView } from "./stats.js";
import { install } from "./install.js";

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
      render();
    };
  };
  const remember = choice({ name: "remember" }, h("span", say("key.remember"), h("span.hint", say("key.tab"))));
  const form = makeForm({ send, go: say("key.title") }, input, remember);
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

let viewing = new AbortController();

let isFirst = true;

let isWaiting = false;

/** Brings the key's form back, since the key was refused. */
function refuse() {
  forgetKey();
  render(true);
}

async function render(isRefused) {
  viewing.abort();
  viewing = new AbortController();
  const { signal } = viewing;
  const to = route();
  showNavigation(to.name);
  document.querySelector("dialog")?.close();
  frame.main.ariaBusy = "true";
  let seen;
  isWaiting = false;
  try {
    seen = apiKey ? await to.view({ ...to, signal }) : keyView(isRefused === true);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof KeyRefused) {
      refuse();
      return;
    }
    const { message, status } = failureOf(error);
    isWaiting = status === undefined;
    seen = status === 404
      ? missing(say("none.order", { id: to.id }))
      : titled(say("error.title"), notice(message, button(say("retry"), render, "primary")));
  }
  if (signal.aborted) return;
  frame.main.ariaBusy = "false";
  frame.main.replaceChildren(...seen.content);
  document.title = `${seen.title} · ${NAME}`;
  scrollTo(0, 0);
  if (!isFirst) focusOn(frame.main.querySelector("h1"));
  isFirst = false;
  seen.shown?.();
  if (!apiKey) return;
  install();
  // The view itself tells what fails.
  freshCounts(signal).then(() => seen.counted?.(), () => {});
  freshSubscribers(signal).catch(() => {});
}

listen("refused", refuse);
listen("reload", () => render());
addEventListener("hashchange", () => render());
addEventListener("online", () => { if (isWaiting) render(); });
addEventListener("storage", (event) => {
  // Forgotten in another tab, it is forgotten here.
  if (event.key === KEY && !event.newValue && apiKey) {
    forgetKey();
    render();
  }
});

showFrame();
render();
