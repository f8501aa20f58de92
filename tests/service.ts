import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { projectAssembly } from '../local/project.ts';
import { start } from '../local/start.ts';
import { refusedText } from './refused/refusals.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the service that all tests of one run share. */
    url: string;
    /** The address of its DynamoDB, SQS and so on. */
    awsEndpoint: string;
    /** The address of the Stacks node that stands in for the chain. */
    stacksUrl: string;
  }
}

/** Starts the service from the synthesised template, once for all test files. Each test brings its own tenant. */
export default async function setup(project: TestProject) {
  const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-'));
  const service = await start({ assembly: await projectAssembly(), port: 0, dataDir });
  project.provide('url', service.url);
  project.provide('awsEndpoint', service.awsEndpoint);
  project.provide('stacksUrl', service.stacksUrl);
  return async () => {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
    // Each has failed a test, unless it was sent between two files.
    if (service.refused().length > 0) throw new Error(refusedText(service.refused()));
  };
}
