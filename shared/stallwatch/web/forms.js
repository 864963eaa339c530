/* Forms: fields with their hints and errors, and questions before what cannot be undone. */

import { SELLERS, button, dayOf, h, known, leave, reload, say, today, word } from "./lib.js";
import { Failure, KeyRefused, failureOf } from "./client.js";
import { tell } from "./shell.js";

let ids = 0;

/** A field with its label, its hint, and room for what is wrong with it. */
export function field(name, { label, hint, value, optional, options, ...properties }) {
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

export const choice = (properties, label) => h("label.choice", h("input", { type: "checkbox", ...properties }), label);

function clearErrors(form) {
  for (const place of form.querySelectorAll(".wrong")) place.replaceChildren();
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Shows what is wrong, each at its field, the rest above the buttons. */
export function showErrors(form, { message, fields = [] }) {
  clearErrors(form);
  const texts = fields.length ? [] : [message];
  for (const { field: name, reason } of fields) {
    const input = form.elements.namedItem(String(name));
    const place = document.getElementById(`${input?.id}-wrong`);
    if (!place) {
      texts.push(name ? `${word("field", name)}: ${reason}` : reason);
      continue;
    }
    input.closest("details")?.setAttribute("open", "");
    input.setAttribute("aria-invalid", "true");
    place.textContent = reason;
  }
  form.querySelector(".whole").replaceChildren(...texts.map((text) => h("span", text)));
  form.querySelector("[aria-invalid]")?.focus();
}

const EARLIEST_YEAR = "2010";

const YEAR = 366;

/** For how many days an order is watched that has no later deadline. */
export const WATCHED = 180;

/** What is possible but unlikely, each with its field: a wrong year, a deadline far off or past, an order that is over. */
export function doubts({ ordered_on: ordered, protection_ends_on: ends }) {
  const found = [];
  const isOver = ends && dayOf(ends) < today();
  // What cannot be is told by the API.
  const ago = ordered >= EARLIEST_YEAR ? today() - dayOf(ordered) : 0;
  if (ago > YEAR) found.push(["ordered_on", say("doubt.long_ago")]);
  else if (ago > WATCHED && (!ends || isOver)) found.push(["ordered_on", say("doubt.ended")]);
  if (ends && ordered && dayOf(ends) - dayOf(ordered) > YEAR / 2) found.push(["protection_ends_on", say("doubt.far")]);
  else if (isOver) found.push(["protection_ends_on", say("doubt.over")]);
  return found;
}

/** What must have a shape of its own, whatever the language. */
export const SHAPES = { price: /^\d+([.,]\d+)?$/, amount: /^\d+([.,]\d+)?$/, currency: /^[a-z]{3}$/i };

/**
 * A form. `send` gets what was entered; a failure is shown where it belongs. What `send` returns is
 * done only if the form is still there: the viewer may have gone on.
 */
export function makeForm({ send, go: label, beside, look }, ...parts) {
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
      const odd = [...form.elements].filter(({ name, value }) => value?.trim() && SHAPES[name] && !SHAPES[name].test(value.trim()));
      if (odd.length) throw wrongFields(...odd.map(({ name }) => [name, word("wrong", name)]));
      const done = await send(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value.trim() : value])));
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
export const onTo = (link, text) => () => {
  if (location.hash === link) reload();
  else location.hash = link;
  tell(text);
};

export const wrongFields = (...wrong) => new Failure("", null, wrong.map(([name, reason]) => ({ field: name, reason })));

/** Copies an address, or shows it where the browser keeps the clipboard to itself. */
export async function copyAddress(url, opener, copied) {
  try {
    await navigator.clipboard.writeText(url);
    tell(copied);
  } catch {
    const shown = h("input", { readonly: true, value: url, "aria-label": say("claim.address") });
    opener.replaceWith(shown);
    shown.select();
  }
}

/** Asks before what cannot be undone. */
export function ask(question, text, yes, send) {
  const form = makeForm({ send, go: yes, look: "danger", beside: button(say("cancel"), () => dialog.close()) });
  const dialog = h("dialog", { "aria-labelledby": "ask", onclose: () => dialog.remove() },
    h("h2", { id: "ask", dir: "auto" }, question), text && h("p", text), form);
  document.body.append(dialog);
  dialog.showModal();
}

// The list.

const AMOUNTS = ["price", "amount"];

/** What was entered, without what was left empty; amounts may have a comma. */
export function cleaned(entered) {
  const filled = Object.entries(entered).filter(([, value]) => value !== "");
  return Object.fromEntries(filled.map(([name, value]) => [name, AMOUNTS.includes(name) ? value.replace(",", ".") : value]));
}

export const LANGUAGES = known("language").filter((code) => code !== SELLERS);

export const languages = (codes) => codes.map((code) => [code, word("language", code)]);
