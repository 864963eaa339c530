/* The page as an app: its manifest, and the worker that shows it without a connection. */

import { h } from "./lib.js";
import { base } from "./client.js";

let isDone = false;

/** Makes the page an app, once somebody has signed in: before that it has nothing to show. */
export async function install() {
  if (isDone) return;
  isDone = true;
  document.head.append(
    h("link", { rel: "manifest", href: new URL("?asset=manifest.json", base).href }),
    h("link", { rel: "apple-touch-icon", href: new URL("?asset=icon-192.png", base).href }));
  if (!navigator.serviceWorker) return;
  const address = new URL("?asset=worker.js", base).href;
  const policy = window.trustedTypes?.createPolicy("stallwatch-worker", { createScriptURL: () => address });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL("") ?? address, { scope: base.href });
  } catch {
    // A browser without workers, or one that forbids them: the page works, but not without a connection.
  }
}
