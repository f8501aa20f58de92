/**
 * Reads expressions as far as the rules need it. Their grammar is left to the engine, which refuses what it
 * cannot parse, as AWS does.
 */
import { reservedWords } from './reserved-words.ts';

/** Elements of a document path as they are written: `a`, `#x`, `[0]`. */
export type DocumentPath = readonly string[];

/** A part of an expression: a path, a value (`:x`), a keyword or the name of a function, or a sign. */
export type ExpressionPart =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'value' | 'keyword' | 'function' | 'sign'; readonly text: string };

/** An edit of an UpdateExpression. */
interface Edit {
  /** The path that it changes. */
  readonly target: DocumentPath;
  /** The value that it sets there; `undefined` if that depends on the item, as in `a + :one`. */
  readonly assigned?: string | undefined;
  /** True if it removes the path. */
  readonly isRemoval: boolean;
}

/** A comparator of a condition, with the parts at its sides. */
export interface Comparison {
  readonly sign: string;
  readonly left: ExpressionPart | undefined;
  readonly right: ExpressionPart | undefined;
}

/** Facts about the text of an expression, whatever its names and values stand for. */
export interface Facts {
  readonly parts: readonly ExpressionPart[];
  /** What DynamoDB refuses in the text by itself. */
  readonly faults: readonly string[];
  readonly paths: readonly DocumentPath[];
  /** The placeholders that it uses, of names and of values. */
  readonly placeholders: ReadonlySet<string>;
  /** The comparisons of a condition; empty for all others. */
  readonly comparisons: readonly Comparison[];
  /** The edits of an UpdateExpression; empty for all others. */
  readonly edits: readonly Edit[];
}

export type ExpressionKind = 'condition' | 'projection' | 'update';

/** Limits of one expression (developer guide, Constraints). */
const expressionBytesMax = 4_096;
const operatorsMax = 300;
const inOperandsMax = 100;
const placeholderBytesMax = 255;

const token = /[#:]?\w+|<>|<=|>=|\[\d+\]|[=<>(),.+-]/g;
const clauses = new Set(['SET', 'REMOVE', 'ADD', 'DELETE']);
const operators = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN']);
export const comparators = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** Texts whose facts are remembered: an application has few, which it sends again and again. */
const textsKeptMax = 2_000;
const kept = new Map<string, Facts>();

/** The facts about an expression, remembered by its text. */
export function factsOf(kind: ExpressionKind, text: string): Facts {
  const key = `${kind} ${text}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= textsKeptMax) kept.clear();
  const facts = read(kind, text);
  kept.set(key, facts);
  return facts;
}

function read(kind: ExpressionKind, text: string): Facts {
  const parts = partsOf(kind, text);
  const paths = parts.flatMap((part) => (part.kind === 'path' ? [part.path] : []));
  const values = parts.flatMap((part) => (part.kind === 'value' ? [part.text] : []));
  const names = paths.flat().filter((element) => element.startsWith('#'));
  const placeholders = new Set([...names, ...values]);
  return {
    parts,
    faults: faultsOf(kind, text, parts, placeholders),
    paths,
    placeholders,
    comparisons: kind === 'condition' ? comparisonsOf(parts) : [],
    edits: kind === 'update' ? editsOf(parts) : [],
  };
}

/** Limits, and names that stand in an expression as they are (developer guide, Constraints, Naming rules). */
function faultsOf(
  kind: ExpressionKind,
  text: string,
  parts: readonly ExpressionPart[],
  placeholders: ReadonlySet<string>,
): string[] {
  const faults: string[] = [];
  const limit = (count: number, max: number, what: string): void => {
    if (count > max) faults.push(`${count} ${what}, more than ${max} (Constraints)`);
  };
  limit(Buffer.byteLength(text), expressionBytesMax, 'bytes');
  limit(
    kind === 'update' ? updateOperators(parts) : conditionOperators(parts),
    operatorsMax,
    'operators or functions',
  );
  limit(longestIn(parts), inOperandsMax, 'operands of IN');
  for (const placeholder of placeholders)
    limit(Buffer.byteLength(placeholder), placeholderBytesMax, 'bytes of a placeholder');
  for (const element of parts.flatMap((part) => (part.kind === 'path' ? part.path : []))) {
    if (reservedWords.has(element.toUpperCase()))
      faults.push(`${element} is a reserved word (Reserved words)`);
    if (element.startsWith('_'))
      faults.push(`${element} needs a placeholder: a name begins with a letter (Naming rules)`);
  }
  return faults;
}

const comparisonsOf = (parts: readonly ExpressionPart[]): Comparison[] =>
  parts.flatMap((part, place) =>
    part.kind === 'sign' && comparators.has(part.text)
      ? [{ sign: part.text, left: parts[place - 1], right: parts[place + 1] }]
      : [],
  );

function partsOf(kind: ExpressionKind, text: string): ExpressionPart[] {
  const tokens = text.match(token) ?? [];
  const keywords = kind === 'update' ? clauses : kind === 'condition' ? operators : new Set<string>();
  const parts: ExpressionPart[] = [];
  let place = 0;
  while (place < tokens.length) {
    const word = tokens[place++] ?? '';
    if (word.startsWith(':')) parts.push({ kind: 'value', text: word });
    else if (!/^[#\w]/.test(word)) parts.push({ kind: 'sign', text: word });
    else if (keywords.has(word.toUpperCase())) parts.push({ kind: 'keyword', text: word.toUpperCase() });
    else if (tokens[place] === '(') parts.push({ kind: 'function', text: word });
    else {
      const path = [word];
      while (tokens[place] === '.' || tokens[place]?.startsWith('[')) {
        if (tokens[place] === '.') place++;
        path.push(tokens[place++] ?? '');
      }
      parts.push({ kind: 'path', path });
    }
  }
  return parts;
}

/** Comparators, keywords and functions; the AND of a BETWEEN belongs to it (measured on DynamoDB Local). */
function conditionOperators(parts: readonly ExpressionPart[]): number {
  let count = 0;
  let openBetweens = 0;
  for (const part of parts) {
    if (part.kind === 'path' || part.kind === 'value') continue;
    if (part.text === 'AND' && openBetweens > 0) openBetweens--;
    else if (part.kind !== 'sign' || comparators.has(part.text)) count++;
    if (part.text === 'BETWEEN') openBetweens++;
  }
  return count;
}

/** Arithmetic and functions; the `=` of SET is no operator (developer guide, Constraints). */
const updateOperators = (parts: readonly ExpressionPart[]): number =>
  parts.filter(
    (part) => part.kind === 'function' || (part.kind === 'sign' && (part.text === '+' || part.text === '-')),
  ).length;

function longestIn(parts: readonly ExpressionPart[]): number {
  let longest = 0;
  parts.forEach((part, place) => {
    if (part.kind !== 'keyword' || part.text !== 'IN') return;
    const end = parts.findIndex((other, index) => index > place && isSign(other, ')'));
    const listed = parts.slice(place, end < 0 ? undefined : end);
    longest = Math.max(longest, listed.filter((other) => isSign(other, ',')).length + 1);
  });
  return longest;
}

const isSign = (part: ExpressionPart | undefined, text: string): boolean =>
  part?.kind === 'sign' && part.text === text;

/** The edits of an UpdateExpression, split at clauses and at the commas outside of functions. */
function editsOf(parts: readonly ExpressionPart[]): Edit[] {
  const edits: Edit[] = [];
  let depth = 0;
  let current: ExpressionPart[] = [];
  const end = (): void => {
    const [first, sign, value] = current;
    const isPlain = current.length === 3 && isSign(sign, '=') && value?.kind === 'value';
    if (first?.kind === 'path')
      edits.push({
        target: first.path,
        assigned: isPlain ? value.text : undefined,
        isRemoval: current.length === 1,
      });
    current = [];
  };
  for (const part of parts) {
    if (isSign(part, '(')) depth++;
    if (isSign(part, ')')) depth--;
    if (part.kind === 'keyword' || (depth === 0 && isSign(part, ','))) end();
    else current.push(part);
  }
  end();
  return edits;
}
