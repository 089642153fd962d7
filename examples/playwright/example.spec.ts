import type { Page } from "@playwright/test";

import { expect, test, type World } from "./mockserver";

/** Open the page under test; its API is the test's own world. */
async function open(page: Page, world: World): Promise<void> {
  await page.goto(`/?api=${world.baseURL}`);
}

/** Start an export, and wait until the page shows it: time is moved when there is something that it moves. */
async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("status")).toHaveText("Starting: 0 of 120");
}

test("an export progresses while the clock is advanced", async ({ page, world }) => {
  await open(page, world);
  await start(page);

  await world.clock.advance(2.5);
  await expect(page.getByRole("status")).toHaveText("Running: 60 of 120");
  await expect(page.getByRole("progressbar")).toHaveJSProperty("value", 50);

  await world.clock.advanceUntilIdle();
  await expect(page.getByRole("status")).toHaveText("Finished: 120 of 120");
  const link = await page.getByRole("link", { name: "Download" }).getAttribute("href");
  const file = await page.request.get(link ?? "");
  expect(await file.json()).toHaveLength(120);
});

test("a paused export stays where it is", async ({ page, world }) => {
  await open(page, world);
  await start(page);
  await world.clock.advance(2);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("status")).toHaveText("Paused: 40 of 120");

  await world.clock.advance(3600);
  expect(await world.jobs.list({ api: "report" })).toMatchObject([{ state: "paused", processed: 40 }]);
});

test("a documented error appears as a message, and the next try succeeds", async ({ page, world }) => {
  await world.failNext("REP-START-503-trigger");
  await open(page, world);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("alert")).toHaveText("The export process could not be triggered.");

  await start(page);
  await expect(page.getByRole("alert")).toBeEmpty();
});

test("an export that fails halfway says why", async ({ page, world }) => {
  await open(page, world);
  await start(page);
  await world.clock.advance(2.5);
  const [job] = await world.jobs.list();
  await world.jobs.fail(job!, { lastError: "The disk is full." });

  await expect(page.getByRole("alert")).toHaveText("The disk is full.");
  await expect(page.getByRole("status")).toHaveText("Failed: 60 of 120");
});

test.describe("when Redis is down", () => {
  test.use({ scenario: "redis-down" });

  test("no export starts", async ({ page, world }) => {
    await open(page, world);
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.getByRole("alert")).toContainText("Redis");
    expect(await world.jobs.list()).toEqual([]);
  });
});

// Each of these runs the same export as the others, at the same time, and goes to another point of it.
for (const [seconds, processed] of [
  [1.5, 20],
  [2, 40],
  [3, 80],
] as const) {
  test(`the export of this test alone is at ${processed}`, async ({ page, world }) => {
    await open(page, world);
    await start(page);
    await world.clock.advance(seconds);
    await expect(page.getByRole("status")).toHaveText(`Running: ${processed} of 120`);
    expect(await world.jobs.list()).toMatchObject([{ target: "order", processed }]);
  });
}

test("what was called is verified", async ({ page, world }) => {
  await open(page, world);
  await start(page);

  await world.verify({ operation: "POST report/{service}/start", parameters: { service: "order" }, times: 1 });
  await world.verify({ operation: "POST report/{service}/pause", times: 0 });
  await world.verify({ order: [{ operation: "login" }, { operation: "startReport" }] });
  await expect(world.verify({ operation: "startReport", query: { format: "csv" } })).rejects.toThrow(
    "query.format: expected csv, was",
  );

  expect(await world.requests({ status: "4xx" })).toEqual([]);
  const { operations } = await world.coverage();
  expect(operations).toContainEqual(expect.objectContaining({ operation: "POST report/{service}/start", calls: 1 }));
});

test("a page with one fixed address for its API is in the test's world, too", async ({ page, world }) => {
  await page.setExtraHTTPHeaders(world.headers);
  await page.goto(`/?api=${world.serverURL}`);
  await start(page);
  await world.verify({ operation: "startReport", times: 1 });
});
