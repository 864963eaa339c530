/* The forms that add an order and change one. */

import { WORDS } from "./words.js";
import { back, buttonLink, changed, countries, h, isoDay, known, part, say, titled, today, word } from "./lib.js";
import { call } from "./client.js";
import { deadlineHelp } from "./deadline.js";
import { LANGUAGES, cleaned, doubts, field, languages, makeForm, onTo, wrongFields } from "./forms.js";
import { importPart } from "./importing.js";
import { ORDER_ID, nameOf, orderLink } from "./parcel.js";

const EARLIEST = "2010-01-01";

/** The fields of an order: the essential ones, and the rest. */
function orderFields(order) {
  const make = (name, more) =>
    field(name, { label: word("field", name), hint: WORDS[`hint.${name}`], value: order?.[name], optional: true, ...more });
  const date = (name, more) => make(name, { type: "date", min: EARLIEST, ...more });
  const select = (name, options, value) => make(name, { options: [["", word("none", name)], ...options], value });
  const services = known("service").map((service) => [service, word("service", service)]);
  // What the tracking decided looks like what the buyer chose, so it is kept unless another is chosen.
  if (order) services.push(["keep", say("keep.service", { service: word("service", order.service) })]);
  return [
    [
      !order && make("order_id", { optional: false, required: true, autocapitalize: "off" }),
      date("ordered_on", { optional: false, required: true, max: isoDay(today() + 1), value: order?.ordered_on ?? isoDay(today()) }),
      make("tracking_number", { autocapitalize: "characters" }),
      date("protection_ends_on"),
      deadlineHelp(),
      make("title", { spellcheck: "true" }),
    ],
    [
      date("promised_on"),
      make("seller"),
      h("div.pair", make("price", { inputmode: "decimal" }), make("currency", { maxlength: 3, autocapitalize: "characters" })),
      select("paid_with", known("paid").map((way) => [way, word("paid", way)]), order?.paid_with),
      date("paid_on"),
      date("shipped_on"),
      make("order_number", { autocapitalize: "off" }),
      select("service", services, order && "keep"),
      select("destination", countries(), order?.destination),
      select("language", languages(LANGUAGES), order?.language),
      select("remote", [["true", say("yes")], ["false", say("no")]], String(order?.remote)),
    ],
  ];
}

/** What was entered, as the API takes it. */
function sent(entered) {
  const { remote, ...rest } = cleaned(entered);
  return { ...rest, ...(remote && { remote: remote === "true" }) };
}

/** Lets through what was asked about already: the same entered again is meant. */
function asker() {
  let asked = "";
  return (entered) => {
    const found = doubts(entered);
    const about = JSON.stringify(found.map(([name]) => [name, entered[name]]));
    if (!found.length || about === asked) return;
    asked = about;
    throw wrongFields(...found, ["", say("error.confirm")]);
  };
}

export async function addView() {
  const [essential, more] = orderFields();
  const exists = h("span");
  const askOnce = asker();
  const send = async (entered) => {
    const { order_id: id } = entered;
    if (!ORDER_ID.test(id)) throw wrongFields(["order_id", say("form.id")]);
    exists.replaceChildren();
    askOnce(entered);
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
  return titled(say("form.add"), h("div.sides",
    importPart(),
    part("one", say("form.one"), h("div.panel", makeForm({ send, go: say("form.add_go"), beside }, essential, details)))));
}

export async function editView({ id, signal }) {
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
  const form = makeForm({ send, go: say("form.edit_go"), beside: buttonLink(say("cancel"), orderLink(id)) },
    h("div.halves", orderFields(order).map((fields) => h("div", fields))));
  return {
    title: say("form.edit"),
    content: [back(orderLink(id), nameOf(order)), h("h1", say("form.edit")), h("div.panel", form)],
  };
}

// Subscribers.
