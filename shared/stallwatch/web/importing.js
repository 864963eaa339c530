/* One box for many orders: what is pasted or dropped is understood first, shown, and then added. */

import { h, part, reload, say } from "./lib.js";
import { apiKey, call } from "./client.js";
import { VIEWS } from "./shell.js";
import { field, makeForm, wrongFields } from "./forms.js";
import { reviewParts } from "./review.js";

const LARGEST = 1024 * 1024;

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
  const text = h("textarea", { id, name: "text", rows: "4", spellcheck: "false", autocapitalize: "off", "aria-describedby": `import-hint ${id}-wrong` });
  const chosen = field("file", { label: say("import.file"), type: "file" });
  const input = chosen.querySelector("input");
  const report = h("div", { "aria-live": "polite" });
  const dates = field("dates", {
    label: say("import.dates"),
    options: [["", say("import.as_told")], ["dmy", say("import.day_first")], ["mdy", say("import.month_first")]],
  });
  dates.hidden = true;
  dates.addEventListener("change", () => form.requestSubmit());
  const send = async (entered) => {
    const body = input.files[0] ?? text.value.trim();
    if (!body) throw wrongFields(["text", say("import.empty")]);
    if (body.size > LARGEST) throw wrongFields(["file", say("import.large")]);
    const query = { filename: input.files[0]?.name, dates: entered.dates, dry_run: "true" };
    const understood = await call("POST", "orders/import", { file: body, query });
    return () => {
      // Only a row that could not be read at all may be one whose dates mean either.
      dates.hidden = !entered.dates && !understood.rows.some(({ outcome, read }) => outcome === "rejected" && !read);
      report.replaceChildren(h("div", reviewParts(understood)));
      report.querySelector("h3").focus();
    };
  };
  const form = makeForm({ send, go: say("import.read"), look: "plain" },
    h("div.field",
      h("label", { for: id }, say("import.label")),
      text,
      h("p.hint", { id: "import-hint" }, say("import.hint")),
      h("p.wrong", { id: `${id}-wrong` })),
    chosen,
    dates);
  // Other content may have other dates.
  form.addEventListener("change", ({ target }) => {
    if (target === input || target === text) dates.querySelector("select").value = "";
  });
  if (dropped) {
    input.files = dropped;
    dropped = null;
    setTimeout(() => form.requestSubmit()); // Once it is part of the page.
  }
  return part("import", say("import.title"), h("div.panel", form, report));
}
