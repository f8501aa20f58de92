import { request } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A request whose headers go over the wire exactly as they are listed, names and repetitions included. */
export function raw(
  url: string,
  { method = 'GET', headers = [], body }: { method?: string; headers?: [string, string][]; body?: string },
): Promise<RawAnswer> {
  const { host, port, hostname } = new URL(url);
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
  const named = headers.some(([name]) => name === 'Host');
  const all: [string, string][] = named ? [...headers] : [['Host', host], ...headers];
  if (body !== undefined) all.push(['Content-Length', String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers: all.flat() }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
