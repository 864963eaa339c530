/* Shows the page without a connection: keeps the page, its script, style and icons, and nothing else. */

const SHELL = "shell";
const home = new URL("./", self.location).href;

/** The files that a page names, with the hashes of their contents. */
const named = (text) => [...text.matchAll(/\?asset=[a-z0-9-]+\.[0-9a-f]{16}\.[a-z]+/g)].map(([address]) => new URL(address, home).href);

/** Keeps a page with the script that it names, and forgets the former ones. */
async function keepPage(response) {
  const cache = await caches.open(SHELL);
  const wanted = named(await response.clone().text());
  const had = (await cache.keys()).map(({ url }) => url);
  await cache.addAll(wanted.filter((url) => !had.includes(url)));
  await cache.put(home, response);
  await Promise.all(had.filter((url) => url !== home && url.endsWith(".js") && !wanted.includes(url)).map((url) => cache.delete(url)));
}

/** The page as it is now; without a connection, as it was last. */
async function page(request) {
  try {
    const response = await fetch(request);
    if (response.ok) await keepPage(response.clone()).catch(() => {});
    return response;
  } catch (error) {
    const former = await caches.match(home);
    if (former) return former;
    throw error;
  }
}

/** A file under its hash, which never becomes another. */
async function asset(request) {
  const former = await caches.match(request.url);
  if (former) return former;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(SHELL)).put(request.url, response.clone());
  return response;
}

self.addEventListener("install", (event) => {
  event.waitUntil(fetch(home, { cache: "no-cache" }).then((response) => (response.ok ? keepPage(response) : null)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  // What the API answers is none of its business, and a request with the key passes as if nobody were here.
  if (request.method !== "GET" || origin + pathname !== home || request.headers.has("x-api-key")) return;
  if (request.mode === "navigate" && !search) event.respondWith(page(request));
  else if (/^\?asset=[a-z0-9-]+\.[0-9a-f]{16}\.[a-z]+$/.test(search)) event.respondWith(asset(request));
});
