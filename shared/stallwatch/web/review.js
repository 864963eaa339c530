/* What was understood of an import: shown row by row, corrected in place, asked about, then added. */

import { WORDS } from "./words.js";
import { button, buttonLink, changed, dayOf, dayText, h, isoDay, moneyText, outside, say, today, word } from "./lib.js";
import { Failure, call } from "./client.js";
import { deadlineHelp } from "./deadline.js";
import { SHAPES, WATCHED, cleaned, doubts, field, makeForm, onTo } from "./forms.js";
import { orderLink } from "./parcel.js";

/** How many rows are shown at first, and how many are sent at once. */
const SHOWN = 100;
const AT_ONCE = 50;

/** Answers after which the same may work later. */
const [BUSY, SERVER] = [429, 500];

/** How many missing dates are asked for with a field each; more would bury the rest. */
const ASKED = 12;

/** The export's own format: what has `actions` is kept even where its watch is over. */
const OWN = "stallwatch";

/** What of a row can be corrected, and how. */
const FIELDS = {
  title: { spellcheck: "true" },
  ordered_on: { type: "date", min: "2010-01-01" },
  tracking_number: { autocapitalize: "characters" },
  price: { inputmode: "decimal" },
  currency: { maxlength: 3, autocapitalize: "characters" },
  protection_ends_on: { type: "date", min: "2010-01-01" },
};

const isTaken = ({ outcome }) => outcome === "added" || outcome === "filled";

const isWithoutDeadline = (row) => isTaken(row) && !row.read.protection_ends_on
  && today() - dayOf(row.read.ordered_on ?? isoDay(today())) < WATCHED;

/** What is to be asked about a row; what comes back of an export is meant as it is. */
const oddities = (row, format) => (isTaken(row) && format !== OWN ? doubts(row.read) : []);

/** The order of a row, as it goes in again. */
const orderOf = (row, format) => ({ ...(format === OWN && { actions: [] }), ordered_on: isoDay(today()), ...row.read, order_id: row.order_id });

const importing = (rows, format, dryRun) =>
  call("POST", "orders/import", { body: rows.map((row) => orderOf(row, format)), query: { dry_run: dryRun && "true" } });

/** What an answer tells of a row anew; what was entered stays. */
const became = ({ outcome, reason }) => ({ outcome, reason });

/** How far something is that takes several requests. */
export function progressOf(sentence) {
  const bar = h("progress", { max: "1", "aria-label": say("import.title") });
  const far = h("p.hint", { role: "status" });
  const end = () => {
    bar.hidden = true;
    far.textContent = "";
  };
  const reach = (done, all) => {
    Object.assign(bar, { hidden: false, value: done / all });
    far.textContent = say(sentence, { done, all });
  };
  end();
  return { shown: [bar, far], isLookedAt: () => bar.isConnected, reach, end };
}

/** A failure after which another press sends the rest, if something is done already. */
export function restOf(error, done) {
  const { message, status = SERVER } = error;
  return done && error instanceof Failure && (status >= SERVER || status === BUSY) ? new Failure(`${message} ${say("import.rest")}`, status) : error;
}

/** All that was understood, and the button that adds it. */
export function reviewParts({ format, rows: given }) {
  const rows = given.map((row) => ({ ...row, read: row.read && { ...row.read } }));
  const doubtsOf = (row) => oddities(row, format);
  // What is to be looked at comes first; what is as it was, last.
  const rank = (row) => (row.outcome === "rejected" ? 0 : doubtsOf(row).length ? 1 : isTaken(row) ? 2 : 3);
  rows.sort((one, other) => rank(one) - rank(other));
  const lacking = rows.filter(isWithoutDeadline);
  const views = rows.slice(0, SHOWN).map((row) => rowView(row, format, lacking.length <= ASKED && lacking.includes(row), () => refresh()));
  const progress = progressOf("import.progress");
  const place = h("div");
  let asked = "";

  const send = async () => {
    const wanted = rows.filter((row) => isTaken(row) && !row.done);
    const doubtful = wanted.flatMap((row) => doubtsOf(row).map(([name, text]) => [row.order_id, name, row.read[name], text]));
    if (doubtful.length && asked !== JSON.stringify(doubtful)) {
      asked = JSON.stringify(doubtful);
      for (const view of views) view.question();
      throw new Failure(say("import.confirm"));
    }
    progress.reach(0, wanted.length);
    for (let from = 0; from < wanted.length; from += AT_ONCE) {
      const some = wanted.slice(from, from + AT_ONCE);
      let answer;
      try {
        answer = await importing(some, format);
      } catch (error) {
        throw restOf(error, from);
      }
      const done = new Map(answer.rows.map((row) => [row.order_id, row]));
      changed();
      for (const row of some) Object.assign(row, { done: true }, became(done.get(row.order_id) ?? row));
      progress.reach(from + some.length, wanted.length);
    }
    return () => finish(rows, place);
  };

  const adding = makeForm({ send, go: "", beside: buttonLink(say("cancel"), "#/") }, progress.shown);

  /** The form stays the same: a correction may be answered while its button is pressed. */
  function refresh() {
    const n = rows.filter((row) => isTaken(row) && !row.done).length;
    adding.querySelector("button").textContent = say("import.go", { n });
    if (!n) place.replaceChildren(h("p", say("import.nothing")));
    else if (!adding.isConnected) place.replaceChildren(adding);
  }
  refresh();
  return [
    h("h3", { tabindex: "-1" }, say("import.understood")),
    lacking.length > 0 && h("div.note", h("p", say("import.deadline")), deadlineHelp()),
    h("ul.report", views.map(({ item }) => item)),
    rows.length > SHOWN && h("p.hint", say("import.more", { n: rows.length - SHOWN })),
    place,
  ].filter(Boolean);
}

/** Goes on to what was added; what was not taken is told first. */
function finish(rows, place) {
  const number = (outcome) => rows.filter((row) => row.outcome === outcome).length;
  const [added, filled, left] = ["added", "filled", "rejected"].map(number);
  const text = say("import.done", { added, filled });
  if (!left) {
    const first = rows.find(({ outcome }) => outcome === "added");
    onTo(added === 1 && rows.length === 1 ? orderLink(first.order_id) : "#/", text)();
    return;
  }
  const heading = h("h3", { tabindex: "-1" }, say("import.result"));
  const items = rows.filter(({ outcome }) => outcome === "rejected").slice(0, SHOWN).map((row) =>
    h("li.rejected", rowName(row), h("p.hint", outside(row.reason))));
  place.parentElement.replaceChildren(heading, h("p", `${text} ${say("import.left", { n: left })}`), h("ul.report", items),
    h("div.buttons", buttonLink(say("none.list"), "#/", "primary")));
  heading.focus();
}

const rowName = ({ row, order_id: id }) => outside(id ?? say("import.row", { n: row }));

/** A row: what was understood, and the fields that correct it. */
function rowView(row, format, isAsked, refresh) {
  const outcome = h("strong");
  const details = h("span");
  const reason = h("p.hint");
  const fields = h("div.row-fields");
  const item = h("li", h("p", outcome, " ", rowName(row), details), reason);
  const name = row.read?.title ?? row.order_id ?? String(row.row);
  const open = (names) => fields.replaceChildren(...names.map(rowField));
  const correct = row.read && row.outcome !== "unchanged" && button(say("import.correct"), () => {
    const isOpen = correct.ariaExpanded === "true";
    correct.ariaExpanded = String(!isOpen);
    if (isOpen) fields.replaceChildren();
    else open(Object.keys(FIELDS));
    fields.querySelector("input")?.focus();
  }, "link");
  if (correct) {
    Object.assign(correct, { ariaExpanded: "false", ariaLabel: say("import.correct_row", { name }) });
    item.append(correct, fields);
  }

  function rowField(key) {
    const { [key]: value } = row.read;
    const made = field(key, { label: word("field", key), optional: key !== "ordered_on", value, ...FIELDS[key] });
    const input = made.querySelector("input");
    input.addEventListener("change", () => enter(key, input.value));
    return made;
  }

  /** Takes a correction, and asks what would become of the row now. */
  async function enter(key, entered) {
    const value = cleaned({ [key]: entered.trim() })[key];
    const wrong = value && SHAPES[key] && !SHAPES[key].test(value) && WORDS[`wrong.${key}`];
    if (wrong) {
      mark([[key, wrong]]);
      return;
    }
    if (value) row.read[key] = value;
    else delete row.read[key];
    // The one has no meaning without the other.
    const isHalf = !row.read.price !== !row.read.currency;
    try {
      if (!isHalf) Object.assign(row, { reason: null }, became((await importing([row], format, true)).rows[0]));
    } catch (error) {
      row.reason = error.fields?.map((one) => one.reason).join(" ") || error.message;
    }
    show();
    mark(isHalf ? [[row.read.price ? "currency" : "price", say("error.needed")]] : found());
    refresh();
  }

  const found = () => oddities(row, format);

  /** Says at the fields what is odd about them. */
  function mark(wrong) {
    for (const input of fields.querySelectorAll("input")) {
      const text = wrong.find(([key]) => key === input.name)?.[1] ?? "";
      document.getElementById(`${input.id}-wrong`).textContent = text;
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  function show() {
    item.className = found().length ? "doubted" : row.outcome;
    outcome.textContent = word("outcome", row.outcome);
    const { title, tracking_number: number, ordered_on: ordered, price, currency, protection_ends_on: ends } = row.read ?? {};
    const parts = [
      title,
      number === row.order_id ? null : number,
      ordered && dayText(ordered),
      price && (currency ? moneyText(price, currency) : price),
      ends && `${word("field", "protection_ends_on")}: ${dayText(ends)}`,
    ];
    details.replaceChildren(...parts.filter(Boolean).flatMap((text) => [" · ", outside(text)]));
    const odd = found().map(([key, text]) => `${word("field", key)}: ${text}`).join(" ");
    reason.replaceChildren(outside([row.reason, odd].filter(Boolean).join(" ")) ?? "");
  }

  /** Opens the fields that are doubted. */
  function question() {
    const wrong = found();
    if (!wrong.length) return;
    if (!wrong.every(([key]) => fields.querySelector(`[name="${key}"]`))) {
      correct.ariaExpanded = "true";
      open(Object.keys(FIELDS));
    }
    mark(wrong);
  }

  show();
  if (row.outcome === "rejected" && row.read) {
    correct.ariaExpanded = "true";
    open(Object.keys(FIELDS));
  } else if (isAsked) open(["protection_ends_on"]);
  return { item, question };
}
