/** How `tests/refused.test.ts` runs the cases: with the setup of all tests, and its own service as the shared one. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['tests/refused/cases.ts'],
    globalSetup: 'tests/refused/service.ts',
    setupFiles: 'tests/refused/setup.ts',
  },
});
