/* One order with all that is known of it. */

import {
  DAY,
  back,
  button,
  buttonLink,
  changed,
  countryName,
  dayElement,
  dayText,
  h,
  instantElement,
  moneyText,
  outside,
  part,
  reload,
  say,
  word,
} from "./lib.js";
import { call } from "./client.js";
import { focusOn, isDown, tell, turnTo } from "./shell.js";
import { deadlineHelp } from "./deadline.js";
import { ask, makeForm, onTo } from "./forms.js";
import {
  SEVERITY,
  datesList,
  idsLine,
  lookOf,
  nameOf,
  orderLink,
  silenceMeter,
  inForce,
  standingLine,
} from "./parcel.js";
import { lastListLink } from "./list.js";
import { actionsPart, correctionForm, isCorrectable, unscannedPart } from "./actions.js";
import { claimPart, draftsPart, turnToDrafts } from "./claim.js";

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


export async function orderView({ id, signal }) {
  const order = await call("GET", `orders/${id}`, { signal });
  const content = h("div");
  const show = (seen) => content.replaceChildren(...orderParts(seen, show));
  show(order);
  return { title: nameOf(order), content: [content], shown: () => awaitAnswer(order, content, show, signal) };
}

/** Looks again, with growing pauses, until the first check has answered; then gives up. */
async function awaitAnswer(order, content, show, signal) {
  if (!order.tracking_number || order.answered_at || order.state !== "watching" || isDown()) return;
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
  note.replaceChildren(say("order.later"), " ", button(say("order.again"), reload));
}

function orderParts(order, show) {
  const id = order.order_id;
  return [
    back(lastListLink(), say("list.title")),
    h("div.title", h("h1", { dir: "auto" }, nameOf(order)), buttonLink(say("order.edit"), `${orderLink(id)}/edit`)),
    idsLine(order, order.title && say("order.name", { id })),
    h("div.columns",
      h("div", presentPart(order), unscannedPart(order, show), actionsPart(order, show), timelinePart(order), draftsPart(order), claimPart(order)),
      h("div", factsPart(order), alertsPart(order), saidPart(order, show), forgetPart(order))),
  ];
}

function presentPart(order) {
  const meter = silenceMeter(order);
  return h("section.present.card", { class: lookOf(order), "aria-label": say("order.advice") },
    standingLine(order),
    h("p.advice", order.advice),
    nextSteps(order),
    order.observations.length > 0 && h("div.odd", h("h2", say("order.odd")),
      h("ul", order.observations.map(({ text }) => h("li", outside(text))))),
    journey(order),
    meter && h("div", meter, h("p.hint", { "aria-hidden": "true" }, meter.title)),
    datesList(order),
    lacksDeadline(order) && h("div", h("p.hint", say("order.no_deadline"), " ",
      h("a", { href: `${orderLink(order.order_id)}/edit` }, say("order.enter"))), deadlineHelp()));
}

/** Whether nothing tells the day on which the buyer's protection ends. */
const lacksDeadline = ({ state, protection_ends_on: ends }) => state === "watching" && !ends;

/** What can be done next: where to go here, and the pages elsewhere about the order. */
function nextSteps({ order_id: id, state, severity, tracking_number: number, carrier, links }) {
  const elsewhere = (label, href) => href && h("a.button", { href, target: "_blank", rel: "noopener noreferrer" }, label);
  return h("div.buttons", { role: "group", "aria-label": say("order.links") },
    severity === "claim" && button(say("claim.title"), () => turnTo("claim-file"), "primary"),
    severity && button(say("drafts.title"), turnToDrafts, severity === "attention" && "primary"),
    elsewhere(say("order.on_aliexpress"), links.order),
    elsewhere(say("order.by_hand"), links.tracking),
    elsewhere(say("order.on_carrier", { name: carrier?.name }), links.carrier),
    number && button(say("order.copy_number"), () => copyNumber(number)),
    number && state !== "closed" && checkForm(id));
}

/** Has the order checked now; what is seen appears when the view is shown anew. */
function checkForm(id) {
  const send = async () => {
    await call("POST", `orders/${id}/check`);
    return () => tell(say("order.checking"));
  };
  return makeForm({ send, go: say("order.check"), look: "plain" });
}

/** Copies the tracking number, or tells it where the browser keeps the clipboard to itself. */
async function copyNumber(number) {
  await navigator.clipboard?.writeText(number).then(() => tell(say("order.copied", { number })), () => tell(number));
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
  const facts = {
    "field.order_id": order.order_id,
    "field.tracking_number": number,
    "field.order_number": order.order_number,
    "order.carrier": order.carrier && outside([order.carrier.name, order.carrier.number].filter(Boolean).join(" · ")),
    "field.ordered_on": dayElement(order.ordered_on),
    "field.promised_on": dayElement(order.promised_on),
    "field.shipped_on": dayElement(order.shipped_on),
    "field.paid_on": dayElement(order.paid_on),
    "field.paid_with": order.paid_with && word("paid", order.paid_with),
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

/** An entry of a list: what, with which details, and when. */
const entry = (look, what, details, at) =>
  h("li", { class: look }, h("strong", what), details && ` (${details})`, h("br"), instantElement(at) ?? say("order.pending"));

function alertsPart({ alerts }) {
  const items = alerts.map(({ kind, reason, sent_at: at }) =>
    entry(SEVERITY[kind], word("kind", kind), reason && word("reason", reason), at));
  return part("alerts", say("order.alerts"), items.length ? h("ul", items) : h("p.hint", say("order.no_alerts")));
}

/** Takes one action back, and nothing else. */
function takeBackButton({ order_id: id }, actionId, name, show) {
  const send = async () => {
    const without = await call("DELETE", `orders/${id}/actions/${actionId}`);
    changed();
    return () => {
      document.querySelector("dialog").close();
      show(without);
      focusOn(document.getElementById("part-actions"));
      tell(say("act.undone", { action: name }));
    };
  };
  const question = say("act.undo_ask", { action: name });
  return button(say("act.undo"), () => ask(question, say("act.undo_means"), say("act.undo_yes"), send), "link");
}

function saidPart(order, show) {
  const inForceCount = inForce(order).length;
  const items = order.actions.map(({ action_id: actionId, action, at, on, until, amount, answers, note }, index) => {
    const isVoid = index >= inForceCount;
    const details = [
      amount && moneyText(amount, order.currency),
      until && say("act.until_day", { date: dayText(until) }),
      on && say("act.on_day", { date: dayText(on) }),
      ...Object.entries(answers ?? {}).map(([place, day]) => `${word("place", place)} ${dayText(day)}`),
      note,
      isVoid && action !== "reopen" && say("act.taken_back"),
    ];
    const item = entry(isVoid && "void", word("action", action), details.filter(Boolean).join(", "), at);
    if (isVoid) return item;
    const correcting = h("div.asking");
    const correct = button(say("act.correct"), () => {
      correcting.replaceChildren(correctionForm(order, order.actions[index], show, () => {
        correcting.replaceChildren();
        correct.focus();
      }));
      correcting.querySelector("input").focus();
    }, "link");
    item.append(
      h("div.buttons", takeBackButton(order, actionId, word("action", action), show), isCorrectable(action) && correct),
      correcting);
    return item;
  });
  return items.length ? part("said", say("act.said"), h("ul", items)) : null;
}

function forgetPart(order) {
  const send = async () => {
    await call("DELETE", `orders/${order.order_id}`);
    const link = lastListLink();
    changed();
    return onTo(link, say("order.forgotten"));
  };
  const question = say("order.forget_ask", { name: nameOf(order) });
  return h("p", button(say("order.forget"), () => ask(question, say("order.forget_means"), say("order.forget_yes"), send), "link risky"));
}

// Adding and editing.
