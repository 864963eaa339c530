/* The counts. */

import {
  bars,
  count,
  countryName,
  h,
  instantText,
  known,
  moneyText,
  part,
  say,
  sentences,
  table,
  titled,
  word,
} from "./lib.js";
import { call } from "./client.js";
import { healthText, isIll, nextTry, takeCounts } from "./shell.js";
import { listLink } from "./list.js";

export async function statsView({ signal }) {
  const stats = await call("GET", "stats", { signal });
  takeCounts(stats);
  const stateLink = (state) => listLink({ state });
  const stageLink = (stage) => listLink({ stage });
  return titled(say("stats.title"), h("div.stats",
    part("states", say("stats.orders"), bars(stats.orders, "state", stateLink)),
    part("stages", say("stats.stages"), bars(stats.stages, "stage", stageLink)),
    part("kinds", say("stats.alerts"), bars(stats.alerts, "kind")),
    part("money", say("stats.money"), moneyTables(stats.money)),
    part("deliveries", say("stats.deliveries"), deliveriesTable(stats.deliveries)),
    part("sources", say("stats.sources"), stats.sources.map((source) =>
      h("p", { class: isIll(source) ? "stale" : "fine" }, healthText(source), ". ", sentences(nextTry(source), creditsText(source.credits)))))));
}

/** What a source has cost, where it takes credits. */
function creditsText(credits) {
  if (!credits) return "";
  const { spent, left, total, asked_at: at } = credits;
  return sentences(
    say("stats.spent", { n: spent }),
    left !== null && say("stats.left", { left: count(left), total: count(total), time: instantText(at) }));
}

const STANDINGS = known("standing");

/** What each standing comes to, a table for each currency: amounts of two are never added. */
function moneyTables(money) {
  if (!money.length) return h("p.hint", say("stats.no_money"));
  return money.map(({ currency, ...sums }) => table(currency,
    ["standing", "amount", "count", "average_days"],
    STANDINGS.filter((name) => sums[name].count).map((name) => {
      const { amount, count: n, average_days: days } = sums[name];
      return [word("standing", name), moneyText(amount, currency), count(n), days === null ? "" : say("order.days", { n: days })];
    })));
}

function deliveriesTable(deliveries) {
  if (!deliveries.length) return h("p.hint", say("stats.no_deliveries"));
  const three = ({ median, p80, p95 }) => [median, p80, p95].map(count).join(" · ");
  return [
    h("p.hint", say("stats.three")),
    table(null, ["service", "parcels", "days", "silence", "window"], deliveries.map((found) => [
      `${countryName(found.destination)}, ${word("service", found.service)}`,
      count(found.parcels), three(found.days), three(found.silence), say("order.range", found.window),
    ])),
  ];
}
