/**
 * One function in a process of its own, as on Lambda: `node function-process.ts <module>` reads an event from its standard input, and prints
 * at last what the function answers with the most memory that the process had.
 */
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [module = ''] = process.argv.slice(2);
const event: unknown = JSON.parse(await text(process.stdin));
const { handler } = (await import(pathToFileURL(module).href)) as {
  handler(event: unknown, context: object): Promise<unknown>;
};
const deadline = Date.now() + 29_000;
const answer = await handler(event, {
  awsRequestId: 'one',
  getRemainingTimeInMillis: () => deadline - Date.now(),
});
// The kernel counts in kilobytes.
const megabytes = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(`${JSON.stringify({ answer, megabytes })}\n`, () => process.exit(0));
