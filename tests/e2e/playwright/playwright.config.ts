import { defineConfig } from "@playwright/test";

import example from "../../../examples/playwright/playwright.config";

export default defineConfig({ testDir: ".", reporter: "json", use: { ...example.use, trace: "off" } });
