/**
 * `npm run -s token -- --sub u1 --tenant_id t1 --role admin`: prints an ID token of the running `npm start`.
 */
import { parseArgs } from 'node:util';

const url = `http://localhost:${process.env.PORT || 8_000}`;

try {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      tenant_id: { type: 'string' },
      role: { type: 'string' },
      organization_id: { type: 'string' },
      creator: { type: 'string' },
      expires_in: { type: 'string' },
    },
  });
  const { expires_in, ...claims } = values;
  const response = await fetch(`${url}/_local/token`, {
    method: 'POST',
    body: JSON.stringify({ ...claims, ...(expires_in ? { expires_in: Number(expires_in) } : {}) }),
  }).catch(() => undefined);
  if (!response)
    throw new Error(`Nothing answers at ${url}: run \`npm start\` first (and set PORT if it uses another)`);
  const { token, message } = (await response.json()) as { token?: string; message?: string };
  if (!token) throw new Error(message ?? `${url} gave no token`);
  console.log(token);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
