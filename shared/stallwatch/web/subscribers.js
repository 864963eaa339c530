/* Who gets the alerts. */

import { button, h, known, outside, part, say, titled, word } from "./lib.js";
import { call } from "./client.js";
import { VIEWS } from "./shell.js";
import { LANGUAGES, ask, choice, field, makeForm, onTo } from "./forms.js";

const KINDS = known("kind");

export async function subscriptionsView({ signal }) {
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
