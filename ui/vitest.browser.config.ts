import { defineConfig } from "vitest/config";

// The whole window in Chromium, with the fake back end. `npm run test:browser` builds it first.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/**/*.test.ts"],
    globalSetup: ["tests/browser/server.ts"],
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
