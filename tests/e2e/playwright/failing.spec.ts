// A test that fails while its page goes on calling: test_playwright.py looks at what is left of it.
import { expect, test } from "../../../examples/playwright/mockserver";

test("a test that fails", async ({ page, world }) => {
  await page.goto(`${world.baseURL}/_mock/health`);
  const call = "../admin/api/v1/report/order/status?from=page";
  await page.evaluate((path) => void setInterval(() => void fetch(path), 1), call);
  await expect.poll(() => world.requests({ status: 401 })).not.toEqual([]);
  expect(world.name).toBe("something else");
});
