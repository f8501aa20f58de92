import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { everybody, imported, post } from './contact-helpers.ts';

describe('deletes', () => {
  test('those that are there, and counts the others as asked for', async () => {
    const person = await somebody();
    const [one, two, three] = await imported(person, 3);
    const ids = [one?.id, randomUUID(), three?.id, 'uuid1'];
    const { status, body } = await post(person, 'bulk-delete', { contact_ids: ids });
    expect([status, body]).toEqual([
      200,
      { success: true, message: 'Successfully deleted 2 contacts', deleted_count: 2, total_requested: 4 },
    ]);
    expect(await everybody(person)).toEqual([two]);
  });

  test('nobody where none is there, and says so', async () => {
    const person = await somebody();
    const contacts = await imported(await somebody(), 2);
    const { status, body } = await post(person, 'bulk-delete', { contact_ids: contacts.map(({ id }) => id) });
    expect([status, body]).toEqual([
      404,
      {
        success: false,
        message: 'No contacts found with the provided IDs',
        error_code: 'NOT_FOUND',
        details: {},
        deleted_count: 0,
        total_requested: 2,
      },
    ]);
  });

  test('a contact once, and of several callers at once one is told', async () => {
    const person = await somebody();
    const contacts = await imported(person, 100);
    const body = { contact_ids: contacts.map(({ id }) => id) };
    const answers = await Promise.all([1, 2, 3].map(() => post(person, 'bulk-delete', body)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404]);
    expect(await everybody(person)).toEqual([]);
  });
});

describe('refuses', () => {
  test.each([
    [[], 'must not be empty'],
    [['a', 'a'], 'Duplicate contact IDs are not allowed'],
    [Array.from({ length: 101 }, () => randomUUID()), 'must have at most 100 ids'],
  ])('%j', async (contact_ids, constraint) => {
    const { status, body } = await post(await somebody(), 'bulk-delete', { contact_ids });
    expect([status, body]).toMatchObject([
      400,
      { success: false, details: { field: 'contact_ids', constraint } },
    ]);
  });

  test('viewers and strangers', async () => {
    const person = await somebody();
    const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
    const contacts = await imported(person, 1);
    const body = { contact_ids: [contacts[0]?.id] };
    expect((await post(viewer, 'bulk-delete', body)).status).toBe(403);
    expect((await post(person, 'bulk-delete', body, { Authorization: '' })).status).toBe(401);
    expect(await everybody(viewer)).toEqual(contacts);
  });
});
