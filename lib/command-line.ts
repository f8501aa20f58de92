import { type ParseArgsConfig, parseArgs } from 'node:util';
import { explain } from './explain.ts';

/** The exit code of a command that was asked wrongly, as shells have it; 1 is one that failed. */
const misusedCode = 2;

/** Says what is wrong with a command line and how it is used, and ends with 2. */
export function misused(usage: string, what: string): never {
  console.error(`${what}\n\n${usage}`);
  process.exit(misusedCode);
}

/**
 * The options and words of the command line. `--help` prints the usage and ends with 0; what the command does
 * not know, or an option without its value, prints the usage and ends with 2.
 *
 * @param usage how the command is used, with every option.
 * @param config as `parseArgs` of `node:util` takes it.
 */
export function commandLine<const C extends ParseArgsConfig>(
  usage: string,
  config: C,
): ReturnType<typeof parseArgs<C>> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return misused(usage, explain(error));
  }
}

/**
 * The value of an option that takes a JSON object, such as the settings of a stage; what they mean, their
 * reader checks.
 */
export function jsonOption(usage: string, name: string, text = '{}'): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below, like any other text that is no object.
  }
  return misused(usage, `--${name} takes an object in JSON, not: ${text}`);
}
