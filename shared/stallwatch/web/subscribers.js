/* Who gets the alerts, and the calendar of the deadlines. */

import { button, changed, h, known, outside, part, say, titled, weekdayName, word } from "./lib.js";
import { call } from "./client.js";
import { VIEWS, tell } from "./shell.js";
import { LANGUAGES, ask, choice, field, languages, makeForm, onTo } from "./forms.js";
import { calendarPart } from "./calendar.js";

const KINDS = known("kind");

export async function subscriptionsView({ signal }) {
  const { subscriptions, delivery } = await call("GET", "subscriptions", { signal });
  return titled(say("subs.title"),
    subscriptions.length
      ? [h("ul.cards", subscriptions.map(subscriber)), testForm()]
      : h("p.note", say("subs.nobody")),
    h("div.sides",
      part("subscribe", say("subs.add"), h("p.hint", say("subs.hint")), h("div.panel", subscribeForm())),
      h("div", deliveryPart(delivery), calendarPart())));
}

/** What sets push up, as `docs/push.md` has it. */
const PUSH_COMMANDS = `aws ssm put-parameter --name /stallwatch/push --type SecureString --overwrite --value file://addresses.txt
make deploy PARAMETERS="PushUrls=/stallwatch/push"`;

/** What whoever wants push, or wants it otherwise, can do. */
const pushHelp = ({ configured }) => h("dd.how", configured
  ? h("p.hint", say("push.more"))
  : h("details", h("summary", say("push.how")),
    h("p.hint", say("push.steps")), h("pre", PUSH_COMMANDS), h("p.hint", say("push.more"))));

/** The parameters that set what is shown here. */
const PARAMETERS = ["QuietHours", "DigestSchedule", "TimeZone", "PushUrls"];

/** When and how else alerts come: what the stack's parameters say. */
function deliveryPart({ quiet_hours: quiet, time_zone: zone, digest, push }) {
  const { every, at: time, weekday, schedule } = digest;
  const said = {
    quiet_hours: quiet ? say("quiet.span", { ...quiet, zone }) : say("quiet.none"),
    digest: say(`digest.${every}`, { time, zone, schedule, weekday: weekday === null ? "" : weekdayName(weekday) }),
    push: say(push.configured ? "push.on" : "push.off"),
  };
  return part("delivery", say("delivery.title"),
    h("dl", Object.entries(said).map(([name, text]) => h("div", h("dt", word("delivery", name)), h("dd", text), name === "push" && pushHelp(push)))),
    h("p.hint", say("delivery.hint", { parameters: PARAMETERS.join(", ") })));
}

/** Sends a test message to everybody. */
function testForm() {
  const send = async () => {
    await call("POST", "subscriptions/test");
    return () => tell(say("subs.tested"));
  };
  return makeForm({ send, go: say("subs.test"), look: "plain" });
}

function subscriber(subscription) {
  const { id, protocol, endpoint, kinds, language, confirmed } = subscription;
  const send = async () => {
    await call("DELETE", `subscriptions/${id}`);
    changed();
    return onTo(VIEWS.subscriptions, say("subs.removed"));
  };
  const wanted = kinds?.toSorted((one, other) => KINDS.indexOf(one) - KINDS.indexOf(other));
  const remove = () => ask(say("subs.remove_ask", { endpoint }), null, say("subs.remove"), send);
  const place = h("div.asking");
  const change = button(say("subs.change"), () => {
    const isOpen = change.ariaExpanded === "true";
    change.ariaExpanded = String(!isOpen);
    place.replaceChildren(...(isOpen ? [] : [changeForm(subscription, change)]));
    (place.querySelector("select") ?? change).focus();
  });
  change.ariaExpanded = "false";
  return h("li.card.subscriber",
    h("div",
      h("p.stage", h("span", word("subs", protocol)), h("span", { class: confirmed ? "fine" : "stale" }, say(confirmed ? "subs.confirmed" : "subs.unconfirmed"))),
      h("h2", outside(endpoint)),
      h("p", wanted?.map((kind) => word("kind", kind)).join(", ") ?? say("subs.all")),
      h("p.hint", word("language", language))),
    h("div.buttons", change, button(say("subs.remove"), remove, "risky")),
    place);
}

/** The alerts to choose from, each with what it will say. */
const kindBoxes = (chosen, owner = "new") => h("fieldset", h("legend", word("field", "kinds")), h("div.boxes", KINDS.map((kind) => {
  const hint = `says-${owner}-${kind}`;
  const box = { name: `kind.${kind}`, checked: chosen?.includes(kind) ?? true, "aria-describedby": hint };
  return h("div", choice(box, word("kind", kind)), h("p.hint.says", { id: hint }, word("says", kind)));
})));

/** The same, folded: whoever wants all needs none of it. */
function foldedKinds() {
  const chosen = h("span.optional", say("subs.all"));
  const boxes = kindBoxes();
  boxes.addEventListener("change", () => {
    const n = boxes.querySelectorAll(":checked").length;
    chosen.textContent = n === KINDS.length ? say("subs.all") : say("list.of", { n, all: KINDS.length });
  });
  return h("details.kinds", h("summary", word("field", "kinds"), " ", chosen), boxes);
}

/** The kinds that are ticked; null stands for all, those of the future too. */
function chosenKinds(entered) {
  const kinds = KINDS.filter((kind) => entered[`kind.${kind}`]);
  return kinds.length === KINDS.length ? null : kinds;
}

function changeForm({ id, kinds, language }, opener) {
  const send = async (entered) => {
    await call("PATCH", `subscriptions/${id}`, { body: { kinds: chosenKinds(entered), language: entered.language } });
    return onTo(VIEWS.subscriptions, say("subs.saved"));
  };
  return makeForm({ send, go: say("form.edit_go"), beside: button(say("cancel"), () => opener.click()) },
    field("language", { label: word("field", "language"), hint: say("subs.language"), value: language, options: languages(LANGUAGES) }),
    kindBoxes(kinds, id));
}

function subscribeForm() {
  const send = async ({ endpoint, language, ...entered }) => {
    const protocol = endpoint.includes("@") ? "email" : "sms";
    const body = { protocol, endpoint, kinds: chosenKinds(entered), language: language || null };
    await call("POST", "subscriptions", { body });
    changed();
    return onTo(VIEWS.subscriptions, say("subs.saved"));
  };
  return makeForm({ send, go: say("subs.go") },
    field("endpoint", { label: say("subs.address"), required: true }),
    field("language", { label: word("field", "language"), hint: say("subs.language"), options: [["", word("none", "language")], ...languages(LANGUAGES)] }),
    foldedKinds());
}
