// Foxy's own SDK against the running server, beyond what the guide shows. Every step asserts; any failure ends the run.
import assert from "node:assert/strict";

import { Backend } from "@foxy.io/sdk";

const server = process.env.MOCKSERVER_URL;
let number = 0;

/** An API in a world of its own. */
function connect(options = {}) {
  number += 1;
  const base = new URL(`${server}/w/sdk-${number}/`);
  const api = new Backend.API({
    base,
    clientId: "foxy-client",
    clientSecret: "foxy-secret",
    refreshToken: "foxy-refresh",
    level: -1,
    ...options,
  });
  const advance = async (body) => {
    const answer = await fetch(new URL("_mock/clock/advance", base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200);
  };
  return { api, base, advance, reports: api.follow("fx:store").follow("fx:reports") };
}

const january = { datetime_start: "2022-01-01 00:00:00", datetime_end: "2022-01-31 23:59:59" };
const embedded = (page) => page._embedded["fx:reports"];

const steps = {
  async "home, store and user are linked"() {
    const { api, base } = connect();
    const home = await (await api.get()).json();
    assert.equal(home._links["fx:store"].href, new URL("stores/1", base).href);
    const user = await (await api.follow("fx:user").get()).json();
    assert.ok(user._links.self.href.startsWith(base.href));
  },

  async "a collection pages forward to its end and back"() {
    const { reports } = connect();
    for (let i = 0; i < 6; i += 1) await reports.post({ name: "customers", version: "1", ...january });
    const seen = [];
    let page = await (await reports.get({ limit: 2 })).json();
    assert.equal(page.total_items, "7");
    for (let guard = 0; guard < 10; guard += 1) {
      seen.push(...embedded(page).map((report) => report._links.self.href));
      if (page._links.next.href === page._links.self.href) break;
      page = await (await page._links.next.get()).json();
    }
    assert.equal(new Set(seen).size, 7);
    const first = await (await page._links.first.get()).json();
    assert.equal(embedded(first).length, 2);
  },

  async "filters, order and fields select what they say"() {
    const { reports, advance } = connect();
    for (const name of ["complete", "customers", "customers_ltv", "transactions"]) {
      await reports.post({ name, version: "1", ...january });
      await advance({ seconds: 1 });
    }
    const names = async (query) => embedded(await (await reports.get(query)).json()).map((report) => report.name);
    assert.deepEqual(await names({ filters: ["status=queued", "name:in=customers,transactions"] }), [
      "customers",
      "transactions",
    ]);
    assert.deepEqual(await names({ filters: ["name:not=complete", "status=queued"], order: { name: "desc" } }), [
      "transactions",
      "customers_ltv",
      "customers",
    ]);
    const partial = embedded(await (await reports.get({ fields: ["name"], limit: 1 })).json())[0];
    assert.deepEqual(Object.keys(partial).sort(), ["_links", "name"]);
  },

  async "a faulty order says everything that is wrong with it"() {
    const { reports } = connect();
    const answer = await (await reports.post({ name: "nonsense" })).json();
    const messages = answer._embedded["fx:errors"].map((error) => error.message);
    assert.ok(messages.length >= 3, messages.join("; "));
  },

  async "status, Location, ETag and Allow are those of HTTP"() {
    const { api, base } = connect();
    const created = await api.fetch(new URL("stores/1/reports", base).href, {
      method: "POST",
      body: JSON.stringify({ name: "complete", version: "1", ...january }),
    });
    assert.equal(created.status, 201);
    const location = created.headers.get("location");
    assert.ok(location.startsWith(base.href));
    const options = await api.fetch(location, { method: "OPTIONS" });
    assert.match(options.headers.get("allow"), /GET/);
    assert.equal((await api.fetch(location, { method: "HEAD" })).status, 200);
    assert.equal((await api.fetch(new URL("report/999", base).href)).status, 404);
    assert.equal((await api.fetch(new URL("report/2", base).href.replace("report/2", "stores/2"))).status, 403);
  },

  async "an OR group is one filter"() {
    const { api, base, reports } = connect();
    await reports.post({ name: "customers", version: "1", ...january });
    const url = new URL("stores/1/reports?name=customers|status=ready", base).href;
    assert.equal((await (await api.fetch(url)).json()).total_items, "2");
  },

  async "an expired access token is refreshed once, with the body sent again"() {
    const { reports, advance } = connect();
    await reports.get();
    await advance({ seconds: 7201 });
    const created = await (await reports.post({ name: "complete", version: "1", ...january })).json();
    assert.match(created.message, /created successfully/);
  },

  async "wrong credentials are told, and the call goes on without a token"() {
    const { api } = connect({ clientSecret: "wrong" });
    await assert.rejects(() => Backend.API.getToken({ base: api.base, clientId: "foxy-client", clientSecret: "wrong", refreshToken: "foxy-refresh" }, true));
  },

  async "a download link dies after ten minutes and is renewed by a GET"() {
    const { reports, advance } = connect();
    const ordered = await (await reports.post({ name: "transactions", version: "1", ...january })).json();
    await advance({ until: "idle" });
    const ready = await (await ordered._links.self.get()).json();
    const link = ready._links["fx:download_url"].href;
    assert.equal((await fetch(link)).status, 200);
    await advance({ seconds: 601 });
    assert.equal((await fetch(link)).status, 403);
    const renewed = await (await ordered._links.self.get()).json();
    assert.equal((await fetch(renewed._links["fx:download_url"].href)).status, 200);
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(`ok  ${name}`);
}
console.log("all steps passed");
