import { expect, test } from 'vitest';
import { commentWidth } from '../../checks/comment-width.ts';
import { docblocks } from '../../checks/docblocks.ts';
import { plainDocuments, plainWords } from '../../checks/plain-words.ts';
import { file } from './file.ts';

const plain = (count: number): string => '/** The name. */\n'.repeat(count);

test('lists the docblocks that begin with a question word, if they are one in twenty', () => {
  const asking = '/**\n * Whether it ends.\n */\n';
  expect(docblocks([file(asking + plain(19))])).toEqual(['core/a.ts:1 docblock begins with "Whether"']);
  expect(docblocks([file(asking + plain(20))])).toEqual([]);
});

test('counts docblocks only, and question words only as words', () => {
  expect(docblocks([file('// What it is.\n/* How it is. */\n/** Whatever it is. */')])).toEqual([]);
  expect(docblocks([file('')])).toEqual([]);
});

test('finds comments wider than code may be, on each of their lines', () => {
  const words = 'word '.repeat(22).trim();
  const found = commentWidth([file(`// ${words}\n/**\n * ${words}\n * short\n */\nconst a = '${words}';`)]);
  expect(found).toEqual([
    'core/a.ts:1 comment of 112 columns, 110 are allowed',
    'core/a.ts:3 comment of 112 columns, 110 are allowed',
  ]);
});

test('takes wide lines that cannot be wrapped', () => {
  const url = `https://example.com/${'a'.repeat(100)}`;
  expect(commentWidth([file(`// See ${url}\n// biome-ignore lint/a: ${'word '.repeat(22)}`)])).toEqual([]);
});

test('finds words without a subject in comments and in texts, not in names', () => {
  const found = plainWords([
    file(`
// Nobody reads this.
const text = 'for whoever asks';
const anybody = \`of somebody \${text}\`;
`),
  ]);
  expect(found).toEqual([
    'core/a.ts:1 "Nobody": name the subject',
    'core/a.ts:2 "whoever": name the subject',
    'core/a.ts:3 "somebody": name the subject',
  ]);
});

test('finds them in documents, but not in their code', () => {
  const text = 'Somebody calls\n`somebody()`, and nobody else.\n```ts\nsomebody();\n```\n';
  expect(plainDocuments([file(text, 'docs/a.md')])).toEqual([
    'docs/a.md:1 "Somebody": name the subject',
    'docs/a.md:2 "nobody": name the subject',
  ]);
});
