/* Drafts to copy, and the links to the claim file. */

import { button, dayText, h, instantText, leave, notice, part, say, word } from "./lib.js";
import { KeyRefused, base, call, failureOf } from "./client.js";
import { focusOn, tell } from "./shell.js";
import { SELLERS, ask, choice, field, languages, makeForm } from "./forms.js";

/** Words to send, read when they are wanted; in the order's language until another is chosen. */
export function draftsPart({ order_id: id, language }) {
  const place = h("div");
  let present;
  const read = async (chosen) => {
    present?.abort();
    present = new AbortController();
    const { signal } = present;
    place.replaceChildren(h("p.hint", { role: "status" }, say("loading")));
    try {
      const { drafts } = await call("GET", `orders/${id}/drafts`, { query: { language: chosen }, signal });
      select.value = drafts[0].language;
      place.replaceChildren(...drafts.map(draftItem));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KeyRefused) leave();
      else place.replaceChildren(notice(failureOf(error).message, button(say("retry"), () => read(chosen), "primary")));
    }
  };
  const choice = field("in", { label: say("drafts.in"), options: languages([...LANGUAGES, SELLERS]), value: language });
  const select = choice.querySelector("select");
  select.addEventListener("change", () => read(select.value));
  const details = h("details", { ontoggle: () => { if (details.open && !present) read(language); } },
    h("summary", say("drafts.show")), choice, place);
  return part("drafts", say("drafts.title"), h("p.hint", say("drafts.hint")), details);
}

function draftItem({ kind, language, text }) {
  const words = h("p", { lang: language, dir: "auto" }, text);
  return h("div.panel", h("h3", word("draft", kind)), words, button(say("drafts.copy"), () => copyWords(words)));
}

/** Copies words, or selects them where the browser keeps the clipboard to itself. */
async function copyWords(words) {
  try {
    await navigator.clipboard.writeText(words.textContent);
    tell(say("drafts.copied"));
  } catch {
    getSelection().selectAllChildren(words);
    tell(say("drafts.selected"));
  }
}

/** The claim file: a link to it is made, opened, copied and revoked here. */
export function claimPart({ order_id: id }) {
  const made = h("ul.links");
  const older = h("details", { ontoggle: () => older.open && listLinks(id, older) }, h("summary", say("claim.older")), h("ul.links"));
  const form = makeForm({
    go: say("claim.make"),
    look: "plain",
    send: async () => {
      const link = await call("POST", `orders/${id}/claim/links`);
      return () => {
        made.prepend(linkItem(id, link));
        if (older.open) listLinks(id, older);
        made.querySelector("a").focus();
        tell(say("claim.made"));
      };
    },
  });
  return part("claim-file", say("claim.title"), h("p.hint", say("claim.hint")), form, made, older);
}

async function listLinks(id, older) {
  const list = older.querySelector("ul");
  try {
    const { links } = await call("GET", `orders/${id}/claim/links`);
    list.replaceChildren(...(links.length ? links.map((link) => linkItem(id, link)) : [h("li.hint", say("claim.none"))]));
  } catch (error) {
    if (error instanceof KeyRefused) leave();
    else list.replaceChildren(h("li.wrong", failureOf(error).message));
  }
}

/** A link; what it opens is known only right after it was made. */
function linkItem(id, { id: linkId, token, made_at: at, ends_at: end }) {
  const send = async () => {
    await call("DELETE", `orders/${id}/claim/links/${linkId}`);
    return () => {
      for (const same of document.querySelectorAll(`[data-link="${CSS.escape(linkId)}"]`)) same.remove();
      document.querySelector("dialog").close();
      focusOn(document.getElementById("part-claim-file"));
      tell(say("claim.revoked"));
    };
  };
  const revoke = button(say("claim.revoke"), () => ask(say("claim.revoke_ask"), say("claim.revoke_means"), say("claim.revoke_yes"), send), "link");
  const url = token && new URL(`claims/${encodeURIComponent(token)}`, base).href;
  return h("li", { "data-link": linkId },
    h("p", say("claim.link", { made: instantText(at), end: dayText(end.slice(0, 10)) })),
    url && h("div.buttons",
      h("a.button.primary", { href: url, target: "_blank", rel: "noopener noreferrer" }, say("claim.open")),
      h("a.button", { href: `${url}?as=png`, download: `claim-${id}.png` }, say("claim.picture")),
      button(say("claim.copy"), ({ target }) => copyLink(url, target))),
    h("p", revoke));
}

/** Copies an address, or shows it where the browser keeps the clipboard to itself. */
async function copyLink(url, opener) {
  try {
    await navigator.clipboard.writeText(url);
    tell(say("claim.copied"));
  } catch {
    const shown = h("input", { readonly: true, value: url, "aria-label": say("claim.address") });
    opener.replaceWith(shown);
    shown.select();
  }
}
