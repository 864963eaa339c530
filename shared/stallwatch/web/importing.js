/* One box for many orders: what is pasted or dropped is understood first, shown, and then added. */

import { h, part, reload, say } from "./lib.js";
import { apiKey, call } from "./client.js";
import { VIEWS } from "./shell.js";
import { field, makeForm, wrongFields } from "./forms.js";
import { bodyOf, halves, joined, split } from "./splitting.js";
import { progressOf, restOf, reviewParts } from "./review.js";

const TOO_LARGE = 413;

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
  const progress = progressOf("import.reading");
  let reading = null;
  const send = async (entered) => {
    const source = input.files[0] ?? text.value.trim();
    if (!source) throw wrongFields(["text", say("import.empty")]);
    // What was read before a failure stays read, as long as it is the same that is to be read.
    if (reading?.source !== source || reading.dates !== entered.dates) {
      reading = { source, dates: entered.dates, answers: [], ...await split(new Blob([source])) };
    }
    if (reading.uncut) throw tooLarge(reading.uncut);
    report.replaceChildren();
    await readRest(reading, input.files[0]?.name, progress);
    const understood = joined(reading.answers, reading.refused.map((row) => ({ row, outcome: "rejected", reason: say("import.row_large") })));
    reading = null;
    progress.end();
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
    dates,
    progress.shown);
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

const tooLarge = (why) => wrongFields(["file", say(why === "workbook" ? "import.workbook" : "import.large")]);

/** Has the parts read that have no answer yet, as long as somebody looks. One that is too much for the API after all goes in halves. */
async function readRest({ parts, answers, dates }, filename, progress) {
  const all = parts.flatMap(({ rows }) => rows ?? []).length;
  while (answers.length < parts.length && progress.isLookedAt()) {
    if (parts.length > 1) progress.reach(answers.flatMap(({ piece }) => piece.rows).length, all);
    const piece = parts[answers.length];
    try {
      const answer = await call("POST", "orders/import", { file: bodyOf(piece), query: { filename, dates, dry_run: "true" } });
      answers.push({ piece, answer });
    } catch (error) {
      const two = error.status === TOO_LARGE && halves(piece);
      if (!two) throw piece.isWorkbook && error.status === TOO_LARGE ? tooLarge("workbook") : restOf(error, answers.length);
      parts.splice(answers.length, 1, ...two);
    }
  }
}
