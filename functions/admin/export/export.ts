import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Clock } from '../../../core/clock.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { cursor as cursorOf } from '../../../core/http/cursor.ts';
import { Streamed } from '../../../core/http/reply.ts';
import { header } from '../../../core/http/request.ts';
import type { Collection, Identified } from '../records/collection.ts';
import { headerLine, lines } from '../records/csv.ts';
import { type Language, languageOf } from '../records/display.ts';
import { type ExportRequest, type OpenPage, openPage } from './page.ts';

/** The query parameters that all exports have. */
interface ExportQuery {
  format: 'json' | 'csv';
  limit: number;
  offset: number;
  cursor?: string | undefined;
  /** A CSV begins with a byte order mark, by which Excel knows UTF-8. */
  bom: boolean;
}

interface Call {
  caller: Caller;
  clock: Clock;
  event: APIGatewayProxyEvent;
}

/**
 * Answers an export. The count and the first records are read before the first byte, so that an error until
 * then is answered as a problem.
 */
export async function streamExport<R extends Identified>(
  collection: Collection<R>,
  { format, limit, offset, cursor: after, bom }: ExportQuery,
  which: Pick<ExportRequest, 'facets' | 'start' | 'end'>,
  { caller, clock, event }: Call,
): Promise<Streamed> {
  const language = languageOf(header(event, 'accept-language'));
  const page = await openPage(collection, caller.tenantId, { ...which, limit, offset, after });
  if (format === 'json')
    return new Streamed({ 'Content-Type': 'application/json' }, json(collection, page, limit, language));
  const name = `${collection.name}_export_${timestamp(clock.now()).slice(0, 19).replace('T', '_').replace(/[-:]/g, '')}.csv`;
  const headers = {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}"`,
    'X-Total-Count': String(page.count),
    'X-Offset': String(page.offset),
    'X-Limit': String(limit),
  };
  return new Streamed(headers, csv(collection, page, language, bom));
}

/** The cursor comes last, since it names the last record. */
async function* json<R extends Identified>(
  collection: Collection<R>,
  { count, offset, hasMore, records }: OpenPage<R>,
  limit: number,
  language: Language,
): AsyncGenerator<string> {
  const head = { count, limit, offset, has_more: hasMore, next_offset: hasMore ? offset + limit : null };
  yield `${JSON.stringify(head).slice(0, -1)},"results":[`;
  let last: string | undefined;
  for await (const some of records) {
    const rows = some.map(({ record }) => JSON.stringify(collection.toReply(record, language)));
    yield `${last === undefined ? '' : ','}${rows.join(',')}`;
    last = some.at(-1)?.time;
  }
  const next = hasMore && last !== undefined ? cursorOf(last) : null;
  yield `],"next_cursor":${JSON.stringify(next)}}`;
}

async function* csv<R extends Identified>(
  collection: Collection<R>,
  { records }: OpenPage<R>,
  language: Language,
  bom: boolean,
): AsyncGenerator<string> {
  yield `${bom ? '\uFEFF' : ''}${headerLine(collection)}`;
  for await (const some of records)
    yield lines(
      collection,
      some.map(({ record }) => record),
      language,
    );
}
