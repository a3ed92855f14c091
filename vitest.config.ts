import { defineConfig } from 'vitest/config'

const common = {
  environment: 'node' as const,
  pool: 'forks' as const,
  // One process runs several files, so that it loads the program once: a test ends what it has begun.
  isolate: false,
  // As npm start has them.
  execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=32'],
  testTimeout: 120_000,
  // Some hooks start a program, after another that all of the run wait for.
  hookTimeout: 240_000,
  expect: { poll: { timeout: 20_000 } },
  globalSetup: ['test/support/setup.ts'],
}

// What is promised within a second or less, and is measured: after everything else, one at a time.
const alone = [
  'test/load/doors.test.ts',
  'test/attacks/refused/signals-flood.test.ts',
  'test/gateway/endings.test.ts',
  'test/gateway/browser-endings.test.ts',
  'test/attacks/refused/gateway-after-expiry.test.ts',
  'test/attacks/refused/gateway-after-the-tenant-is-gone.test.ts',
]

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'beside',
          include: ['test/**/*.test.ts', 'log/*.test.ts', 'console/src/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', ...alone],
          // They wait for each other's answers more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
