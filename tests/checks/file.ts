import type { SourceFile } from '../../checks/source.ts';

/** A file to be checked, which begins with the first line of `text` that is not empty. */
export const file = (text: string, path = 'core/a.ts'): SourceFile => ({ path, text: text.trimStart() });
