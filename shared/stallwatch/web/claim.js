/* Drafts to copy, and the links to the claim file. */

import { SELLERS, button, dayText, h, instantText, leave, notice, part, say, word } from "./lib.js";
import { KeyRefused, addressOf, base, call, failureOf, forgetAddress, keepAddress, kept } from "./client.js";
import { focusOn, tell, turnTo } from "./shell.js";
import { LANGUAGES, ask, copyAddress, field, languages, makeForm } from "./forms.js";

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
  const chooser = field("in", { label: say("drafts.in"), options: languages(LANGUAGES.concat(SELLERS)), value: language });
  const select = chooser.querySelector("select");
  select.addEventListener("change", () => read(select.value));
  const details = h("details", { ontoggle: () => { if (details.open && !present) read(language); } },
    h("summary", say("drafts.show")), chooser, place);
  return part("drafts", say("drafts.title"), h("p.hint", say("drafts.hint")), details);
}

/** Goes to the words to send, and shows them. */
export function turnToDrafts() {
  turnTo("drafts");
  document.querySelector(".drafts details").open = true;
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
  const list = h("ul.links");
  const read = () => { if (active.open && !list.children.length) listLinks(id, list); };
  const active = h("details", { ontoggle: read }, h("summary", say("claim.older")), list);
  const send = async () => {
    const link = await call("POST", `orders/${id}/claim/links`);
    keepAddress(link);
    await listLinks(id, list);
    return () => {
      active.open = true;
      list.querySelector(`[data-link="${link.id}"] a`)?.focus();
      tell(say("claim.made"));
    };
  };
  const form = makeForm({ send, go: say("claim.make"), look: "plain" });
  active.open = Boolean(kept("addresses"));
  return part("claim-file", say("claim.title"), h("p.hint", say("claim.hint")), form, active);
}

async function listLinks(id, list) {
  try {
    const { links } = await call("GET", `orders/${id}/claim/links`);
    list.replaceChildren(...(links.length ? links.map((link) => linkItem(id, link)) : [h("li.hint", say("claim.none"))]));
  } catch (error) {
    if (error instanceof KeyRefused) leave();
    else list.replaceChildren(h("li.wrong", failureOf(error).message));
  }
}

/** A link; what it opens is known only where it was made. */
function linkItem(id, { id: linkId, made_at: at, ends_at: end }) {
  const send = async () => {
    await call("DELETE", `orders/${id}/claim/links/${linkId}`);
    forgetAddress(linkId);
    return () => {
      item.remove();
      document.querySelector("dialog").close();
      focusOn(document.getElementById("part-claim-file"));
      tell(say("claim.revoked"));
    };
  };
  const revoke = button(say("claim.revoke"), () => ask(say("claim.revoke_ask"), say("claim.revoke_means"), say("claim.revoke_yes"), send), "link risky");
  const token = addressOf(linkId)?.token;
  const url = token && new URL(`claims/${encodeURIComponent(token)}`, base).href;
  const elsewhere = { target: "_blank", rel: "noopener noreferrer" };
  const item = h("li", { "data-link": linkId },
    h("p", say("claim.link", { made: instantText(at), end: dayText(end.slice(0, 10)) })),
    url
      ? h("div.buttons",
        h("a.button.primary", { href: url, ...elsewhere }, say("claim.open")),
        h("a.button", { href: `${url}?as=png`, download: `claim-${id}.png` }, say("claim.picture")),
        h("a.button", { href: `${url}?as=html&for=bank`, ...elsewhere }, say("claim.bank")),
        button(say("drafts.title"), turnToDrafts),
        button(say("claim.copy"), ({ target }) => copyAddress(url, target, say("claim.copied"))))
      : h("p.hint", say("claim.elsewhere")),
    h("p", revoke));
  return item;
}
