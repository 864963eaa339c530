/* What the page says: the sentences of its language, which the page brings along as data. */

/** Each sentence under its key; what counts has a form for each plural of the language. */
export const WORDS = JSON.parse(document.getElementById("words").textContent);
