import type { TestProject } from 'vitest/node';
import { present } from '../../core/invariant.ts';
import type {} from '../service.ts';

/** The cases share the service that `tests/refused.test.ts` has started. */
export default function setup(project: TestProject): void {
  project.provide('url', present(process.env.SERVICE_URL, 'SERVICE_URL names the service'));
}
