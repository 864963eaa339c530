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
    part("states", say("stats.orders"), h("p.hint", say("stats.by_counts")), bars(stats.orders, "state", stateLink)),
    part("stages", say("stats.stages"), bars(stats.stages, "stage", stageLink)),
    part("kinds", say("stats.alerts"), h("p.hint", say("stats.by_alerts")), bars(stats.alerts, "kind")),
    part("money", say("stats.money"), savedText(stats.money), moneyTables(stats.money)),
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

/** What came back, a sum for each currency. */
function savedText(money) {
  const amounts = money.filter(({ recovered }) => recovered.count).map(({ currency, recovered }) => moneyText(recovered.amount, currency));
  return [
    amounts.length > 0 && h("p.saved", say("stats.saved", { amounts: amounts.join(", ") })),
    money.length > 0 && h("p.hint", say("stats.by_prices")),
  ];
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
    h("p.hint", say("stats.by_scans")),
    deliveriesPlot(deliveries),
    h("p.hint", say("stats.three")),
    table(null, ["service", "parcels", "days", "silence", "window"], deliveries.map((found) => [
      `${countryName(found.destination)}, ${word("service", found.service)}`,
      count(found.parcels), three(found.days), three(found.silence), say("order.range", found.window),
    ])),
  ];
}

/** For each way: from the median to the day by which nearly all had come, on one scale of days. */
function deliveriesPlot(deliveries) {
  const most = Math.max(...deliveries.map(({ days }) => days.p95), 1);
  return h("dl.bars.spans", deliveries.map(({ destination, service, days: { median, p95 } }) => {
    const name = `${countryName(destination)}, ${word("service", service)}`;
    const [half, nearly] = [median, p95].map((n) => say("order.days", { n }));
    const bar = h("span.bar");
    bar.style.marginInlineStart = `min(${(median / most) * 100}%, 100% - 6px)`; // One that took the longest is seen too.
    bar.style.width = `${((p95 - median) / most) * 100}%`;
    const track = h("span.track", { role: "img", "aria-label": say("stats.half", { name, median: half, p95: nearly }) }, bar);
    return h("div", h("dt", name), h("dd", track, h("span", [...new Set([median, p95])].map(count).join("–"))));
  }));
}
