import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a measure started and has to end, whatever becomes of it. */
export interface Cleanup {
  /** Adds a step; the latest runs first. */
  later(step: () => unknown): void;
  /** Takes every step that is left. A step that fails does not keep the others from being taken. */
  now(): Promise<void>;
}

export function newCleanup(): Cleanup {
  const steps: (() => unknown)[] = [];
  return {
    later: (step) => {
      steps.push(step);
    },
    async now() {
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}

/** A folder that lasts as long as the measure. `parent` is the system's own unless told. */
export async function temporaryFolder(cleanup: Cleanup, parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'bulkhead-bench-'));
  cleanup.later(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
