import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Clock } from '../../../core/clock.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { cursor as cursorOf } from '../../../core/http/cursor.ts';
import { Streamed } from '../../../core/http/reply.ts';
import { header } from '../../../core/http/request.ts';
import type { Collection } from '../records/collection.ts';
import { headerLine, lines } from '../records/csv.ts';
import { type Language, languageOf } from '../records/display.ts';
import { type OpenPage, openPage, type PageRequest } from './page.ts';

/** The most records of one export; whoever asks for more gets these. */
const EXPORT = 10_000;

/** What every export is asked for, as its contract reads it. */
interface ExportQuery {
  format: 'json' | 'csv';
  limit: number;
  offset: number;
  cursor?: string | undefined;
}

interface Call {
  caller: Caller;
  clock: Clock;
  event: APIGatewayProxyEvent;
}

/**
 * The answer to an export. The count and the first records are read before its first byte, so that what is wrong until then is answered
 * as a problem.
 */
export async function exported<R extends { id: number }>(
  collection: Collection<R>,
  { format, limit: asked, offset, cursor: after }: ExportQuery,
  which: Pick<PageRequest, 'facets' | 'start' | 'end'>,
  { caller, clock, event }: Call,
): Promise<Streamed> {
  const limit = Math.min(asked, EXPORT);
  const language = languageOf(header(event, 'accept-language'));
  const its = collection as unknown as Collection;
  const page = await openPage(its, caller.tenantId, { ...which, limit, offset, after });
  if (format === 'json')
    return new Streamed({ 'Content-Type': 'application/json' }, json(its, page, limit, language));
  const name = `${collection.name}_export_${timestamp(clock.now()).slice(0, 19).replace('T', '_').replace(/[-:]/g, '')}.csv`;
  const headers = {
    'Content-Type': 'text/csv',
    'Content-Disposition': `attachment; filename="${name}"`,
    'X-Total-Count': String(page.count),
    'X-Offset': String(page.offset),
    'X-Limit': String(limit),
  };
  return new Streamed(headers, csv(its, page, language));
}

/** The cursor stands at the end, since it names the last record. */
async function* json(
  collection: Collection,
  { count, offset, hasMore, records }: OpenPage,
  limit: number,
  language: Language,
): AsyncGenerator<string> {
  const head = { count, limit, offset, has_more: hasMore, next_offset: hasMore ? offset + limit : null };
  yield `${JSON.stringify(head).slice(0, -1)},"results":[`;
  let last: string | undefined;
  for await (const some of records) {
    const rows = some.map(({ record }) => JSON.stringify(collection.shown(record, language)));
    yield `${last === undefined ? '' : ','}${rows.join(',')}`;
    last = some.at(-1)?.time;
  }
  const next = hasMore && last !== undefined ? cursorOf(last) : null;
  yield `],"next_cursor":${JSON.stringify(next)}}`;
}

async function* csv(
  collection: Collection,
  { records }: OpenPage,
  language: Language,
): AsyncGenerator<string> {
  yield headerLine(collection);
  for await (const some of records)
    yield lines(
      collection,
      some.map(({ record }) => record),
      language,
    );
}
