import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two at a time: each file drives real engines, and CI has two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    // A service with settings of its own is synthesised anew, which takes ten seconds of a core that is not busy.
    hookTimeout: 120_000,
    setupFiles: 'tests/refused/setup.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['tests/{core,files,local,checks,costs,engines}/**/*.test.ts', 'tests/*.test.ts'],
          globalSetup: 'tests/engines/left-out.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: [
            'tests/{patients,cliniko,content,messaging,admin,webhooks,access,ops}/**/*.test.ts',
            'tests/{service,journeys,limits,upgrades}/**/*.test.ts',
          ],
          globalSetup: 'tests/service.ts',
        },
      },
    ],
  },
});
