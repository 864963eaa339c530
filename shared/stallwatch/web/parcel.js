/* What a list and an order both show of a parcel: what presses, its key dates, its silence. */

import { dayElement, dayOf, dayText, distanceText, h, say, today, word } from "./lib.js";

/** A path's last part: no id is ever taken for a step up. */
export const ORDER_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;

export const orderLink = (id) => `#/orders/${encodeURIComponent(id)}`;

export const nameOf = (order) => order.title || say("order.name", { id: order.order_id });

// What an order asks of the buyer.

export const SEVERITY = {
  refund_claim: "claim",
  protection_ending: "claim",
  refund_due: "claim",
  action_needed: "action",
  reminder: "action",
  never_scanned: "attention",
  late: "attention",
  stalled: "attention",
  unanswered: "attention",
};

/** What the buyer has said and not taken back, newest first. */
export function inForce({ actions = [] }) {
  const end = actions.findIndex((said) => said.action === "reopen");
  return end < 0 ? actions : actions.slice(0, end);
}

/** The day of the last answer; without a number there is nothing to wait for. */
const answeredOn = (order) => (order.answered_at ? dayOf(order.answered_at) : today());

/** How an order looks: by what presses, else by its state. */
export const lookOf = (order) => order.severity ?? (order.state === "watching" ? "quiet" : order.state);

export const GROUPS = { now: ["claim", "action"], look: ["attention"], quiet: ["quiet"], delivered: ["delivered"], closed: ["closed"] };

const KEY_DATES = [
  "late_on",
  "reminder_on",
  "claim_opens_on",
  "protection_ends_on",
  "refund_until",
  "dispute_until",
  "bank_until",
];

/** Key dates that are said while the order is watched, and not after. */
const ONLY_WATCHED = ["late_on", "reminder_on", "claim_opens_on"];

/** The names of the key dates that matter now, and which of them comes next. */
export function keyDates(order) {
  const isSaid = (name) => order[name] && (order.state === "watching" || !ONLY_WATCHED.includes(name));
  // Who follows up knows that it is late.
  const names = KEY_DATES.filter((name) => isSaid(name) && !(name === "late_on" && order.reminder_on));
  const ahead = names.filter((name) => dayOf(order[name]) >= today());
  const nearest = ahead.reduce((one, other) => (one && order[one] <= order[other] ? one : other), null);
  return { names: order.state === "closed" ? [] : names, nearest };
}

export function datesList(order) {
  const { names, nearest } = keyDates(order);
  const look = (name) => (name === nearest ? "nearest" : dayOf(order[name]) < today() ? "past" : null);
  if (!names.length) return null;
  return h("dl.dates", names.map((name) => h("div", { class: look(name) },
    h("dt", say(`order.${name}`)),
    h("dd", dayElement(order[name]), h("small", distanceText(order[name]))))));
}

/** How full the silence is, up to the day on which a claim opens. */
export function silenceMeter(order) {
  const { silent_days: n, claim_opens_on: opens } = order;
  if (order.state !== "watching" || !opens || !n || order.stage === "returned") return null;
  const limit = n + dayOf(opens) - answeredOn(order);
  const fill = h("span");
  fill.style.width = `${Math.min(100, (n / limit) * 100)}%`;
  const text = say(n < limit ? "order.meter" : "order.meter_over", { n, limit });
  return h("div.meter", { role: "img", "aria-label": text, title: text }, fill);
}

function silenceText(order) {
  const { silent_days: n, last_checkpoint: last, tracking_number: number } = order;
  // Nobody can be silent about a number that is not there.
  if (order.state !== "watching" || n === null || !number) return null;
  if (n) return say(last ? "order.silent" : "order.unseen", { n });
  return last && say("order.fresh");
}

/** What presses, where the parcel is, and for how long it has been silent. */
export function standingLine(order) {
  const kind = order.pressing;
  const silence = silenceText(order);
  const isStale = order.state === "watching" && today() - answeredOn(order) > 1;
  return h("p.stage",
    kind ? h("span.badge", word("kind", kind)) : order.state !== "watching" && h("span.badge", word("state", order.state)),
    order.stage !== order.state && h("span.leg", word("stage", order.stage)),
    silence && h("span.silence", silence),
    isStale && h("span.stale", say("order.stale", { date: dayText(order.answered_at) })));
}

// The frame: header, banner, status line, footer.

export const idsLine = (order, id) => h("p.ids", id && h("span", id), h("span", order.tracking_number ?? say("order.no_number")));

// An order.
