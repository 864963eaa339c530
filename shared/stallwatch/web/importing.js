/* One box for many orders: what is pasted or dropped is understood first, shown, and then added. */

import { buttonLink, changed, h, outside, part, reload, say, word } from "./lib.js";
import { apiKey, call } from "./client.js";
import { VIEWS } from "./shell.js";
import { field, makeForm, onTo, wrongFields } from "./forms.js";
import { orderLink } from "./parcel.js";

const LARGEST = 1024 * 1024;
const SHOWN = 100;

/** Files that were dropped onto the page, whatever it showed, until the box has them. */
let dropped = null;

addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
});

addEventListener("drop", (event) => {
  if (!apiKey || !event.dataTransfer.files.length) return;
  event.preventDefault();
  dropped = event.dataTransfer.files;
  if (location.hash === VIEWS.add) reload();
  else location.hash = VIEWS.add;
});

/** The box; below it what was understood, with a button that adds it. */
export function importPart() {
  const id = "import-text";
  const text = h("textarea", { id, name: "text", rows: "4", spellcheck: "false", autocapitalize: "off", "aria-describedby": "import-hint" });
  const chosen = field("file", { label: say("import.file"), type: "file" });
  const input = chosen.querySelector("input");
  const report = h("div", { role: "status" });
  const send = async () => {
    const body = input.files[0] ?? text.value.trim();
    if (!body) throw wrongFields(["text", say("import.empty")]);
    if (body.size > LARGEST) throw wrongFields(["file", say("import.large")]);
    const query = { filename: input.files[0]?.name };
    const understood = await call("POST", "orders/import", { file: body, query: { ...query, dry_run: "true" } });
    return () => report.replaceChildren(...understoodParts(understood, body, query));
  };
  const form = makeForm({ send, go: say("import.read"), look: "plain" },
    h("div.field",
      h("label", { for: id }, say("import.label")),
      text,
      h("p.hint", { id: "import-hint" }, say("import.hint")),
      h("p.wrong", { id: `${id}-wrong` })),
    chosen);
  if (dropped) {
    input.files = dropped;
    dropped = null;
    setTimeout(() => form.requestSubmit()); // Once it is part of the page.
  }
  return part("import", say("import.title"), h("div.panel", form, report));
}

function understoodParts(understood, body, query) {
  const { added, filled } = understood;
  const send = async () => {
    const done = await call("POST", "orders/import", { file: body, query });
    changed();
    const first = done.rows.find((row) => row.outcome === "added");
    const text = say("import.done", { added: done.added, filled: done.filled });
    return onTo(done.added === 1 && done.rows.length === 1 ? orderLink(first.order_id) : "#/", text);
  };
  return [
    h("h3", say("import.understood")),
    h("ul.report", understood.rows.slice(0, SHOWN).map(reportRow)),
    understood.rows.length > SHOWN && h("p.hint", say("import.more", { n: understood.rows.length - SHOWN })),
    added + filled > 0
      ? makeForm({ send, go: say("import.go", { n: added + filled }), beside: buttonLink(say("cancel"), "#/") })
      : h("p", say("import.nothing")),
  ].filter(Boolean);
}

function reportRow({ row, outcome, order_id: id, reason, read }) {
  const details = [read?.title, read?.tracking_number, read?.ordered_on].filter(Boolean);
  return h("li", { class: outcome },
    h("strong", word("outcome", outcome)), " ",
    outside(id ?? say("import.row", { n: row })),
    details.length > 0 && [" · ", outside(details.join(" · "))],
    reason && h("p.hint", outside(reason)));
}
