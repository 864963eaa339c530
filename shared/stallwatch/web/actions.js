/* What the buyer did: the buttons, their forms, and where an unscanned delivery was looked for. */

import { button, changed, dayText, h, isoDay, known, part, say, today, word } from "./lib.js";
import { Failure, call } from "./client.js";
import { focusOn, tell } from "./shell.js";
import { choice, cleaned, field, makeForm } from "./forms.js";
import { inForce } from "./parcel.js";

const SEARCH_PLACES = known("place");

/** Where the buyer has looked in vain, each with the last day. */
function lookedAt(order) {
  const days = {};
  for (const { answers } of inForce(order)) {
    for (const [place, day] of Object.entries(answers ?? {})) if (!(days[place] > day)) days[place] = day;
  }
  return days;
}

/** Whether the buyer should look for it now: before a claim, and where it is said to be delivered. */
const isSought = ({ pressing, stage, state }) =>
  state === "delivered" || (pressing === "refund_claim" && stage !== "returned");

export function unscannedPart(order, show) {
  if (!isSought(order)) return null;
  const why = order.state === "delivered" ? say("look.delivered") : say("look.claim");
  const isOpen = SEARCH_PLACES.some((place) => !lookedAt(order)[place]);
  return part("unscanned", say("look.title"), h("p.hint", isOpen ? why : say("look.all")), placesForm(order, show));
}

function placesForm(order, show, beside) {
  const looked = lookedAt(order);
  const open = SEARCH_PLACES.filter((place) => !looked[place]);
  const done = SEARCH_PLACES.filter((place) => looked[place]).map((place) =>
    h("li", say("look.done", { place: word("place", place), date: dayText(looked[place]) })));
  const list = done.length > 0 && h("ul.looked", done);
  if (!open.length) return list;
  const send = async (entered) => {
    const checked = open.filter((place) => entered[`place.${place}`]);
    if (!checked.length) throw new Failure(say("look.none"));
    const answers = Object.fromEntries(checked.map((place) => [place, entered[`answers.${place}`]]));
    return recordAction("not_found_here", order, show, { answers });
  };
  return makeForm({ send, go: say("form.edit_go"), beside }, list, open.map((place) => placeField(place, order)));
}

function placeField(place, order) {
  const number = place === "post_office" && order.tracking_number;
  return h("div.place",
    choice({ name: `place.${place}` }, h("span", word("ask", place), number && ` ${say("look.number", { number })}`)),
    field(`answers.${place}`, {
      label: say("look.on", { place: word("place", place) }), type: "date", required: true,
      value: isoDay(today()), min: order.ordered_on, max: isoDay(today() + 1),
    }));
}

const ACTIONS = known("action");

const OUTCOMES = ["received", "refunded", "lost"];

/** What a note may be written to, and how long it may be. */
const NOTED = ["seller_contacted", "dispute_opened", "dispute_rejected", "not_received", "refunded"];
const NOTE_LIMIT = 500;

export function actionsPart(order, show) {
  const isPossible = (action) =>
    !(action === "not_found_here" && isSought(order)) && isSensible(action);
  const isSaid = (name) => inForce(order).some(({ action }) => action === name);
  const isSensible = (action) => {
    if (action === "reopen") return inForce(order).length > 0;
    if (action === "not_received") return order.state === "delivered";
    if (action === "dispute_rejected") return isSaid("dispute_opened");
    return order.state !== "closed" || OUTCOMES.includes(action);
  };
  const place = h("div.asking");
  const openers = ACTIONS.filter(isPossible).map((action) => {
    const opener = button(word("action", action), () => {
      const isOpen = opener.ariaExpanded === "true";
      for (const other of openers) other.ariaExpanded = "false";
      opener.ariaExpanded = String(!isOpen);
      place.replaceChildren(...(isOpen ? [] : [actionForm(action, order, show, opener)]));
      (isOpen ? opener : place.querySelector("input, button")).focus();
    });
    opener.ariaExpanded = "false";
    return opener;
  });
  return part("actions", say("act.title"), h("div.buttons", openers), place, h("p.hint", say("act.hint")));
}

/** Sends what the buyer says; what comes back shows it. */
async function recordAction(action, order, show, said, done = "act.noted") {
  const seen = await call("POST", `orders/${order.order_id}/actions`, { body: { action, ...said } });
  changed();
  return () => {
    show(seen);
    focusOn(document.getElementById("part-actions"));
    tell(say(done, { action: word("action", action) }));
  };
}

function actionForm(action, order, show, opener) {
  const cancel = button(say("cancel"), () => opener.click());
  if (action === "not_found_here") {
    return h("div", h("h3", word("action", action)), h("p", word("does", action)), placesForm(order, show, cancel));
  }
  const send = (entered) => recordAction(action, order, show, cleaned(entered));
  return makeForm({ send, go: say("form.edit_go"), beside: cancel },
    h("h3", word("action", action)),
    h("p", word("does", action)),
    actionFields(action, order));
}

/** The fields of an action, with what was said before. */
function actionFields(action, { currency, ordered_on: ordered }, { until, amount, on, note } = {}) {
  const tomorrow = isoDay(today() + 1);
  return [
    action === "snooze" && field("until", { label: say("act.until"), type: "date", required: true, value: until ?? isoDay(today() + 7), min: tomorrow }),
    action === "refunded" && (currency
      ? field("amount", { label: say("act.amount"), inputmode: "decimal", optional: true, hint: say("act.in", { currency }), value: amount })
      : h("p.hint", say("act.no_currency"))),
    isDated(action)
      && field("on", { label: say("act.on"), type: "date", optional: true, hint: say("act.today"), min: ordered, max: tomorrow, value: on }),
    NOTED.includes(action)
      && field("note", { label: say("act.note"), optional: true, hint: say("act.note_hint"), maxlength: NOTE_LIMIT, spellcheck: "true", value: note }),
  ];
}

const isDated = (action) => !["snooze", "close", "reopen"].includes(action);

/** Whether there is anything in an action that may have been mistaken. */
export const isCorrectable = (action) => action === "snooze" || (isDated(action) && action !== "not_found_here");

/** Corrects what was said: it is taken back, and said anew. */
export function correctionForm(order, said, show, close) {
  const { action, action_id: id } = said;
  let isTakenBack = false;
  const send = async (entered) => {
    // Where the second half failed, only that is left to do.
    if (!isTakenBack) await call("DELETE", `orders/${order.order_id}/actions/${id}`);
    isTakenBack = true;
    return recordAction(action, order, show, cleaned(entered), "act.corrected");
  };
  return makeForm({ send, go: say("form.edit_go"), beside: button(say("cancel"), close) }, actionFields(action, order, said));
}
