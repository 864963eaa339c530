/* The key, and requests to the API. */

import { announce, changed, instantText, say } from "./lib.js";

export const KEY = "stallwatch.key";

const [tab, device] = ["sessionStorage", "localStorage"].map((name) => {
  try {
    return window[name];
  } catch {
    return undefined; // Storage is switched off: the key lives as long as the page.
  }
});
export let apiKey = tab?.getItem(KEY) ?? device?.getItem(KEY);

export function keepKey(given, remember) {
  forgetKey();
  apiKey = given;
  tab?.setItem(KEY, given);
  if (remember) device?.setItem(KEY, given);
}

/** Takes the key of a link that signs in, `#key=…`, for this tab. It does not stay in the address. */
export function takeKeyOfLink() {
  const given = /^#key=([\x21-\x7e]{1,200})$/.exec(location.hash)?.[1];
  if (!given) return;
  history.replaceState(null, "", "#/");
  if (apiKey) return; // A link takes no key away that works.
  apiKey = given;
  tab?.setItem(KEY, given);
}

export function forgetKey() {
  apiKey = null;
  for (const storage of [tab, device]) for (const name of [KEY, ...KEPT]) storage?.removeItem(name);
  changed();
  announce("forgotten");
}

// What is kept beside the key, as long as the key is, and is forgotten with it.

const KEPT = ["stallwatch.list", "stallwatch.addresses"];

const storage = () => (device?.getItem(KEY) ? device : tab);

/** Keeps a value; where there is no room for it, nothing is kept. */
export function keep(name, value) {
  if (!apiKey) return;
  try {
    storage()?.setItem(`stallwatch.${name}`, JSON.stringify(value));
  } catch {
    storage()?.removeItem(`stallwatch.${name}`);
  }
}

export const kept = (name) => parsed(storage()?.getItem(`stallwatch.${name}`) ?? "null");

// The addresses that were made on this device: the API tells each token once.

export const addressOf = (id) => kept("addresses")?.[id];

export function keepAddress({ id, token, code }) {
  keep("addresses", { ...kept("addresses"), [id]: { token, code } });
}

export function forgetAddress(id) {
  const { [id]: _, ...others } = kept("addresses") ?? {};
  keep("addresses", others);
}

// The API.

const PATIENCE = 30_000;

export const base = new URL(location.pathname.replace(/\/?$/, "/"), location.origin);

export class Failure extends Error {
  constructor(message, status, fields) {
    super(message);
    this.status = status;
    this.fields = Array.isArray(fields) ? fields : [];
  }
}

export class KeyRefused extends Error {}

/** What to tell of an error; a mistake of the page's own goes to the console besides. */
export function failureOf(error) {
  if (error instanceof Failure) return error;
  reportError(error);
  return new Failure(say("error.page"));
}

/** Asks the API, with a `body` as JSON or a `file` as it is; raises `Failure`, `KeyRefused`, or an abort where the viewer has gone on. */
export async function call(method, path, { body, file, query, signal, key: other = apiKey } = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query ?? {})) if (value) url.searchParams.set(name, value);
  const late = AbortSignal.timeout(PATIENCE);
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method,
      headers: { "x-api-key": other, "accept-language": document.documentElement.lang, ...((body || file) && { "content-type": file ? "application/octet-stream" : "application/json" }) },
      body: file ?? (body && JSON.stringify(body)),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    answer = parsed(await response.text());
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(say(`error.${late.aborted ? "slow" : navigator.onLine ? "network" : "offline"}`));
  }
  const { status } = response;
  if (status === 403) throw new KeyRefused();
  if (response.ok && (answer || status === 204)) return answer;
  const wait = status === 429 && Number(response.headers.get("retry-after"));
  if (wait) throw new Failure(say("error.soon", { time: instantText(Date.now() + wait * 1000) }), status);
  if (status < 500 && status !== 429 && answer?.message) throw new Failure(answer.message, status, answer.errors);
  const why = status === 429 ? "busy" : status < 500 ? "odd" : "server";
  throw new Failure(say(`error.${why}`, { status: String(status) }), status);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
