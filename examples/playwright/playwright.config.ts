import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

type Servers = Extract<PlaywrightTestConfig["webServer"], unknown[]>;

// Both servers take a free port and say which; MOCKSERVER_URL and PAGE_URL hold what they say. Where MOCKSERVER_URL is
// set already, the mock server that runs there is used.
const servers: Servers = [
  {
    name: "page",
    command: "python3 -u -m http.server 0 --bind 127.0.0.1 --directory page",
    wait: { stdout: /\((?<page_url>http:[^)]+)\)/ },
    stderr: "ignore",
  },
];
if (!process.env.MOCKSERVER_URL) {
  servers.push({
    name: "mockserver",
    command: "mockserver serve --port 0 --ready-file - --no-banner --no-access-log",
    // Every run begins at one time: data feeds are built at certain hours, and a test that moves time may pass one.
    env: { MOCKSERVER_CLOCK: "frozen", MOCKSERVER_NOW: "2026-07-01T09:00:00Z" },
    wait: { stdout: /(?<mockserver_url>http:\S+)\n/ },
    gracefulShutdown: { signal: "SIGTERM", timeout: 2000 },
  });
}

export default defineConfig({
  testDir: ".",
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env.CI,
  reporter: "list",
  expect: { timeout: 15_000 }, // for busy machines; nothing waits so long otherwise
  use: {
    baseURL: process.env.PAGE_URL,
    trace: "retain-on-failure",
    // Debian's Chromium. Without executablePath, Playwright uses the one that `npx playwright install` downloads.
    launchOptions: {
      executablePath: process.env.MOCKSERVER_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--disable-gpu", "--disable-quic", "--disable-sync"],
    },
  },
  webServer: servers,
});
