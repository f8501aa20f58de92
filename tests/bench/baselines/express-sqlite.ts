/**
 * The rival: what one would write without a cloud. Express with the same checks of the same tokens and bodies, and one SQL transaction
 * with the rows and their audit rows in an SQLite file of its own process. It has no rate limit, no idempotency keys, no recovery
 * and one machine.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import express, { type Handler } from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as z from 'zod';
import { tellParent } from '../child.ts';

const [folder = '', jwksUri = '', issuer = '', audience = ''] = process.argv.slice(2);

const fields = {
  first_name: z.string().min(1).max(100),
  last_name: z.string().min(1).max(100),
  date_of_birth: z.iso.date(),
  gender: z.enum(['male', 'female', 'other']),
  phone: z
    .string()
    .max(32)
    .regex(/^\+?[0-9][0-9 ()./x-]*$/),
  email: z.email().nullish(),
  address: z.string().max(500).nullish(),
  medical_history: z.string().max(10_000).nullish(),
  allergies: z.string().max(2_000).nullish(),
};
const NewPatients = z.array(z.object(fields)).min(1).max(500);
const PatientChanges = z
  .array(
    z
      .object({ ...fields, id: z.uuid() })
      .partial()
      .required({ id: true }),
  )
  .min(1)
  .max(500);
const Ids = z.array(z.string()).min(1).max(500);

const columns = ['id', ...Object.keys(fields), 'tenant_id', 'created_at', 'updated_at'];

// Durable as DynamoDB is: with its defaults SQLite syncs the log at every commit.
const database = new DatabaseSync(join(folder, 'patients.db'));
database.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE patients (${columns.map((name) => `${name} TEXT`).join(', ')}, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID;
  CREATE TABLE audit (at TEXT, tenant_id TEXT, user_id TEXT, action TEXT, resource_id TEXT, position INTEGER, total INTEGER);
  CREATE INDEX audit_by_tenant ON audit (tenant_id, at);
`);
const insert = database.prepare(
  `INSERT INTO patients VALUES (${columns.map((name) => `:${name}`).join(', ')})`,
);
const select = database.prepare('SELECT * FROM patients WHERE tenant_id = ? AND id = ?');
const replace = database.prepare(
  `UPDATE patients SET ${columns.map((name) => `${name} = :${name}`).join(', ')} WHERE tenant_id = :tenant_id AND id = :id`,
);
const remove = database.prepare('DELETE FROM patients WHERE tenant_id = ? AND id = ?');
const record = database.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)');

type Row = Record<string, string | null>;

interface Caller {
  user: string;
  tenant: string;
}

function transaction<R>(work: () => R): R {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function audit({ tenant, user }: Caller, action: string, ids: string[], at: string): void {
  for (const [position, id] of ids.entries()) record.run(at, tenant, user, action, id, position, ids.length);
}

const keys = createRemoteJWKSet(new URL(jwksUri));

const authenticated: Handler = async (request, response, next) => {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] });
    response.locals.caller = { user: payload.sub, tenant: payload['custom:tenant_id'] };
    next();
  } catch {
    response.status(401).json({ detail: 'Not authenticated' });
  }
};

/** Checks the body and does the work; what it throws as `{ status, detail }` is answered so. */
const served =
  <S extends z.ZodType>(
    schema: S,
    status: number,
    work: (body: z.output<S>, caller: Caller) => object,
  ): Handler =>
  (request, response) => {
    const body = schema.safeParse(request.body);
    try {
      if (!body.success) throw { status: 422, detail: body.error.issues };
      response.status(status).json(work(body.data, response.locals.caller as Caller));
    } catch (error) {
      const known = error as { status?: number; detail?: unknown };
      response.status(known.status ?? 500).json({ detail: known.detail ?? String(error) });
    }
  };

const app = express();
app.get('/health', (_, response) => response.json({ status: 'ok' }));
app.use(authenticated);
app.use(express.json({ limit: '5mb' }));

app.post(
  '/api/v1/batch/patients',
  served(NewPatients, 201, (body, caller) => {
    const at = new Date().toISOString();
    const patients = body.map(
      (one): Row => ({
        id: randomUUID(),
        ...one,
        email: one.email ?? null,
        address: one.address ?? null,
        medical_history: one.medical_history ?? null,
        allergies: one.allergies ?? null,
        tenant_id: caller.tenant,
        created_at: at,
        updated_at: at,
      }),
    );
    transaction(() => {
      for (const patient of patients) insert.run(patient);
      audit(
        caller,
        'create',
        patients.map(({ id }) => id ?? ''),
        at,
      );
    });
    return { created: patients.length, total: body.length, patients };
  }),
);

app.put(
  '/api/v1/batch/patients',
  served(PatientChanges, 200, (body, caller) => {
    const at = new Date().toISOString();
    const patients = transaction(() => {
      const changed = body.map((changes): Row => {
        const found = select.get(caller.tenant, changes.id) as Row | undefined;
        if (!found) throw { status: 404, detail: `Patient ${changes.id} not found` };
        return { ...found, ...changes, updated_at: at };
      });
      for (const patient of changed) replace.run(patient);
      audit(
        caller,
        'update',
        changed.map(({ id }) => id ?? ''),
        at,
      );
      return changed;
    });
    return { updated: patients.length, patients };
  }),
);

app.delete(
  '/api/v1/batch/patients',
  served(Ids, 200, (body, caller) => {
    const deleted = transaction(() => {
      const gone = [...new Set(body)].filter((id) => remove.run(caller.tenant, id).changes > 0);
      audit(caller, 'delete', gone, new Date().toISOString());
      return gone.length;
    });
    return { deleted, requested: body.length };
  }),
);

app.get('/api/v1/patients/:id', (request, response) => {
  const { tenant } = response.locals.caller as Caller;
  const patient = select.get(tenant, request.params.id ?? '');
  response.status(patient ? 200 : 404).json(patient ?? { detail: 'Patient not found' });
});

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  tellParent({ url: `http://127.0.0.1:${port}` }, async () => {
    server.closeAllConnections();
    database.close();
  });
});
