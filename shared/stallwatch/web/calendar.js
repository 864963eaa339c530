/* The addresses of the deadlines' calendar: made, opened, copied and revoked here. */

import { button, buttonLink, h, instantText, leave, part, say, shape } from "./lib.js";
import { KeyRefused, addressOf, base, call, failureOf, forgetAddress, keepAddress, kept } from "./client.js";
import { focusOn, tell } from "./shell.js";
import { ask, copyAddress, makeForm } from "./forms.js";

export function calendarPart() {
  const list = h("ul.links");
  const read = () => { if (active.open && !list.children.length) listAddresses(list); };
  const active = h("details", { ontoggle: read }, h("summary", say("claim.older")), list);
  const send = async () => {
    const link = await call("POST", "calendar/links");
    keepAddress(link);
    await listAddresses(list);
    return () => {
      active.open = true;
      list.querySelector(`[data-link="${link.id}"] a`)?.focus();
      tell(say("calendar.made"));
    };
  };
  active.open = Boolean(kept("addresses"));
  return part("calendar", say("calendar.title"), h("p.hint", say("calendar.hint")),
    makeForm({ send, go: say("calendar.make"), look: "plain" }), active);
}

async function listAddresses(list) {
  try {
    const { links } = await call("GET", "calendar/links");
    list.replaceChildren(...(links.length ? links.map(addressItem) : [h("li.hint", say("claim.none"))]));
  } catch (error) {
    if (error instanceof KeyRefused) leave();
    else list.replaceChildren(h("li.wrong", failureOf(error).message));
  }
}

function addressItem({ id, made_at: at }) {
  const send = async () => {
    await call("DELETE", `calendar/links/${id}`);
    forgetAddress(id);
    return () => {
      item.remove();
      document.querySelector("dialog").close();
      focusOn(document.getElementById("part-calendar"));
      tell(say("calendar.revoked"));
    };
  };
  const { token, code } = addressOf(id) ?? {};
  const url = token && new URL(`calendar/${encodeURIComponent(token)}`, base).href;
  const item = h("li", { "data-link": id },
    h("p", say("calendar.link", { made: instantText(at) })),
    url
      ? [h("div.buttons",
        buttonLink(say("calendar.open"), url.replace(/^https?:/, "webcal:"), "primary"),
        button(say("calendar.copy"), ({ target }) => copyAddress(url, target, say("calendar.copied")))),
      h("div.code", qrCode(code), h("p.hint", say("calendar.scan")))]
      : h("p.hint", say("claim.elsewhere")),
    h("p", button(say("calendar.revoke"), () => ask(say("calendar.revoke_ask"), say("claim.revoke_means"), say("claim.revoke_yes"), send), "link risky")));
  return item;
}

/** A QR code, from its rows of 0 and 1, with the quiet margin that readers ask for. */
function qrCode(rows) {
  const margin = 4;
  const size = rows.length + 2 * margin;
  const dark = rows.flatMap((row, y) => [...row].flatMap((bit, x) => (bit === "1" ? `M${x + margin} ${y + margin}h1v1h-1z` : [])));
  return shape("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": say("calendar.code"), "shape-rendering": "crispEdges" },
    shape("path", { d: dark.join("") }));
}
