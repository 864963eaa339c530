/* What does not fit: words that reach out of the part that they stand in, and words that are broken. */

() => {
  const PARTS = "header nav a, .tabs a, button, .button, .badge, h1, h2, label, summary, dt, th, td";
  const isSeen = (part) => part.checkVisibility() && part.getClientRects().length > 0 && !part.closest(".unseen, .skip");
  const nameOf = (part, text) => `${part.tagName.toLowerCase()} ${JSON.stringify(text.trim())}`;
  const found = [];
  for (const part of document.querySelectorAll(PARTS)) {
    if (!isSeen(part) || part.querySelector("input, select")) continue;
    const box = part.getBoundingClientRect();
    if (box.width <= 1) continue;
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      // A title from outside may hold any word.
      if (node.parentElement.closest("bdi, [dir]")) continue;
      for (const { index, 0: word } of node.data.matchAll(/[^\s-]+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const rects = [...range.getClientRects()];
        if (rects.length > 1) found.push(`${nameOf(part, part.textContent)} breaks ${word}`);
        else if (rects.some(({ left, right }) => right > box.right + 1 || left < box.left - 1)) found.push(`${nameOf(part, part.textContent)} is too narrow for ${word}`);
      }
    }
  }
  return found;
}
