import { lineAt, parse, type SourceFile } from './source.ts';

/** Columns of a line, as for code. */
const columnsMax = 110;

/** Lines with comments are no wider than code may be; a URL and an instruction to Biome cannot be wrapped. */
export function commentWidth(sources: SourceFile[]): string[] {
  return sources.flatMap((source) => {
    const lines = source.text.split('\n');
    const commented = new Set<number>();
    for (const { start, end } of parse(source).comments)
      for (let line = lineAt(source, start); line <= lineAt(source, end); line++) commented.add(line);
    return [...commented]
      .map((line) => ({ line, text: lines[line - 1] ?? '' }))
      .filter(({ text }) => isWide(text))
      .map(
        ({ line, text }) =>
          `${source.path}:${line} comment of ${text.length} columns, ${columnsMax} are allowed`,
      );
  });
}

const isWide = (line: string): boolean =>
  !line.includes('biome-ignore') && line.replace(/https?:\S+/, '').length > columnsMax;
