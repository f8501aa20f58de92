import { Visitor } from 'oxc-parser';
import { check, type Diagnostics } from 'recheck';
import { parse, type SourceFile, violation } from './source.ts';

/**
 * The slowest expression takes 2 seconds with recheck's native program on a free core, 17 in JavaScript on a
 * busy one.
 */
const proofMsMax = 10_000;

/** A regular expression literal, as its text stands between the slashes. */
interface Expression {
  source: SourceFile;
  offset: number;
  pattern: string;
  flags: string;
}

/**
 * Verdicts by expression: a message for one that can backtrack in superlinear time, an empty text for a safe
 * one.
 */
export type Verdicts = Map<string, string>;

/**
 * Regular expressions must match in linear time, for a caller chooses the text (CWE-1333). recheck proves
 * this by automata, or searches for an attack where an automaton would be too large. One that it cannot
 * decide within `proofMsMax` is a violation, too: it is to be written simpler.
 */
export async function regexes(sources: SourceFile[], verdicts: Verdicts = new Map()): Promise<string[]> {
  const found: string[] = [];
  for (const { source, offset, pattern, flags } of sources.flatMap(expressionsOf)) {
    const key = `/${pattern}/${flags}`;
    const verdict = verdicts.get(key) ?? (await verdictOf(pattern, flags));
    verdicts.set(key, verdict);
    if (verdict) found.push(violation(source, offset, `${key} ${verdict}`));
  }
  return found;
}

function expressionsOf(source: SourceFile): Expression[] {
  const found: Expression[] = [];
  new Visitor({
    Literal(node) {
      if ('regex' in node) found.push({ source, offset: node.start, ...node.regex });
    },
  }).visit(parse(source).program);
  return found;
}

async function verdictOf(pattern: string, flags: string): Promise<string> {
  // One at a time, since the time of a proof counts from its request.
  const result: Diagnostics = await check(pattern, flags, { timeout: proofMsMax });
  switch (result.status) {
    case 'safe':
      return '';
    case 'vulnerable':
      return `is ${result.complexity.summary}, e.g. for ${result.attack.pattern}`;
    case 'unknown':
      return `undecided: ${result.error.kind} (${proofMsMax} ms at most)`;
  }
}
