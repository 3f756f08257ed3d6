import { defineConfig, devices } from '@playwright/test';
import { existsSync } from 'node:fs';

// The shell has no window to draw: two fifths less of the browser's time.
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const chromium = {
  browserName: 'chromium' as const,
  launchOptions: {
    executablePath: process.env.PLI_CHROMIUM ?? browsers.find((path) => existsSync(path)),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-quic', '--disable-sync'],
  },
};
const desktop = { ...chromium, viewport: { width: 1440, height: 900 } };
const phone = { ...devices['Pixel 7'], ...chromium, viewport: { width: 390, height: 844 } };

// A trace costs as much as the test itself: the second try of a failed one makes it (or `--trace on`).
// Each worker has its own server and data directory (support/server.ts); `plain` runs without JavaScript.
// What is tagged `@once` is about the server, not the screen: it runs on the wide page only, where `good` (support/opening.ts)
// narrows the page too. Without JavaScript only the mail pages differ: only they (plain/plain.spec.ts) run on a phone as well.
export default defineConfig({
  testDir: './tests',
  globalSetup: './support/template.ts',
  fullyParallel: false,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: !!process.env.CI,
  retries: 0,
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  use: { locale: 'fr-FR', timezoneId: 'Europe/Paris', colorScheme: 'light', trace: 'on-first-retry' },
  projects: [
    { name: 'desktop', use: desktop, testIgnore: /plain\// },
    { name: 'phone', use: phone, testIgnore: /plain\/|desktop\//, grepInvert: /@once/ },
    { name: 'desktop-plain', use: { ...desktop, javaScriptEnabled: false }, testMatch: /plain\// },
    { name: 'phone-plain', use: { ...phone, javaScriptEnabled: false }, testMatch: /plain\/plain/ },
  ],
});
