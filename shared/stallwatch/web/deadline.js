/* Where AliExpress shows the date that no tracking tells: a drawing, to be unfolded. */

import { dayText, h, isoDay, say, shape, today } from "./lib.js";

/** The date in the drawing lies ahead, as the reader's own does. */
const AHEAD = 45;

/** What unfolds: where to look, and a drawing of it. */
export function deadlineHelp() {
  return h("details.where", h("summary", say("deadline.where")), h("p.hint", say("deadline.how")), drawingOfDetails());
}

/** An order's details, in outline: only the line with the date is written out. */
function drawingOfDetails() {
  const box = (x, y, width, height, look) => shape("rect", { x, y, width, height, rx: 4, class: look });
  return shape("svg", { viewBox: "0 0 320 190", role: "img", class: "drawing" },
    shape("title", {}, say("deadline.picture")),
    box(1, 1, 318, 188, "sheet"),
    box(16, 16, 120, 12, "bar"), box(16, 36, 190, 8, "faint"),
    box(10, 54, 300, 44, "frame"),
    shape("circle", { cx: 28, cy: 76, r: 8, class: "dot" }),
    shape("text", { x: 46, y: 73 }, say("deadline.line")),
    shape("text", { x: 46, y: 89, class: "date" }, dayText(isoDay(today() + AHEAD))),
    box(16, 112, 56, 56, "faint"),
    box(84, 116, 170, 9, "bar"), box(84, 134, 110, 8, "faint"), box(84, 154, 60, 10, "bar"));
}
