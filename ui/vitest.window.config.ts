import { defineConfig } from "vitest/config";

// The real window: one display, one window at a time.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/window/**/*.test.ts"],
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 240_000,
    hookTimeout: 60_000,
    globalSetup: ["tests/window/kit/display.ts"],
  },
});
