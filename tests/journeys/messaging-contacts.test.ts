import { expect, inject, test } from 'vitest';
import { type Contact, everybody, post } from '../messaging/contact-helpers.ts';
import { type Person, somebody } from '../people.ts';

/** The functions of the description's frontend, letter for letter; `fetch` and `token` are those of the page that they run in. */
const FRONTEND = `
const bulkEditContacts = async (contactIds, updates) => {
  const response = await fetch('/api/messaging/contacts/bulk-edit/', {
    method: 'POST',
    headers: {
      'Authorization': \`Bearer \${token}\`,
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      contact_ids: contactIds,
      updates: updates
    })
  });

  return await response.json();
};

const bulkDeleteContacts = async (contactIds) => {
  const response = await fetch('/api/messaging/contacts/bulk-delete/', {
    method: 'POST',
    headers: {
      'Authorization': \`Bearer \${token}\`,
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      contact_ids: contactIds
    })
  });

  return await response.json();
};

const bulkImportContacts = async (file, importType) => {
  const formData = new FormData();
  formData.append('import_type', importType);
  formData.append('file', file);
  formData.append('skip_duplicates', 'true');
  formData.append('update_existing', 'false');

  const response = await fetch('/api/messaging/contacts/bulk-import/', {
    method: 'POST',
    headers: {
      'Authorization': \`Bearer \${token}\`
    },
    body: formData
  });

  return await response.json();
};
return { bulkEditContacts, bulkDeleteContacts, bulkImportContacts };
`;

interface Frontend {
  bulkEditContacts(contactIds: string[], updates: object): Promise<object>;
  bulkDeleteContacts(contactIds: string[]): Promise<object>;
  bulkImportContacts(file: File, importType: string): Promise<object>;
}

/** The frontend as a page of the service runs it: its URLs are relative to it. */
const frontendOf = ({ token, url }: Person): Frontend =>
  new Function('fetch', 'token', FRONTEND)(
    (path: string, init: RequestInit) => fetch(new URL(path, url), init),
    token,
  ) as Frontend;

const CSV =
  'name,phone_e164,email,tags\nJohn Doe,+255700000001,john@example.com,vip\nJane Smith,+255700000002,jane@example.com,regular';

/** The bodies of the description's three imports. */
const imports = {
  csv: { import_type: 'csv', csv_data: CSV, skip_duplicates: true, update_existing: false },
  excel: {
    import_type: 'excel',
    file: '<Excel file upload>',
    skip_duplicates: true,
    update_existing: false,
  },
  phone: {
    import_type: 'phone_contacts',
    contacts: [
      { full_name: 'John Doe', phone: '+255700000001', email: 'john@example.com' },
      { full_name: 'Jane Smith', phone: '+255700000002', email: 'jane@example.com' },
    ],
    skip_duplicates: true,
    update_existing: false,
  },
};

const UPDATES = {
  name: 'Updated Name',
  email: 'updated@example.com',
  tags: ['tag1', 'tag2'],
  attributes: { company: 'New Company', department: 'Sales' },
  is_active: true,
};

const idsOf = (contacts: Contact[]) => contacts.map(({ id }) => id);

test('the description’s bodies import, change and delete contacts as it says', async () => {
  const person = await somebody();
  const first = await post(person, 'bulk-import', imports.csv);
  expect([first.status, first.body]).toEqual([
    201,
    {
      success: true,
      imported: 2,
      updated: 0,
      skipped: 0,
      total_processed: 2,
      errors: [],
      message: 'Successfully imported 2, updated 0, skipped 0 contacts',
      // Ours, beside the fields of the description.
      file: expect.objectContaining({ kind: 'csv', header_row: 1, rows_read: 2 }),
    },
  ]);
  expect((await post(person, 'bulk-import', imports.phone)).body).toMatchObject({ imported: 0, skipped: 2 });
  // A placeholder is no file: the caller is told how to send one.
  const placeholder = await post(person, 'bulk-import', imports.excel);
  expect([placeholder.status, placeholder.body.details]).toMatchObject([400, { field: 'file' }]);
  await post(person, 'bulk-import', {
    ...imports.phone,
    contacts: [{ full_name: 'Third', phone: '+255700000003' }],
  });
  const contacts = await everybody(person);
  const edited = await post(person, 'bulk-edit', { contact_ids: idsOf(contacts), updates: UPDATES });
  expect([edited.status, edited.body]).toEqual([
    200,
    {
      success: true,
      message: 'Successfully updated 3 contacts',
      updated_count: 3,
      total_requested: 3,
      errors: [],
    },
  ]);
  expect(await everybody(person)).toMatchObject([UPDATES, UPDATES, UPDATES]);
  const deleted = await post(person, 'bulk-delete', { contact_ids: idsOf(contacts) });
  expect([deleted.status, deleted.body]).toEqual([
    200,
    { success: true, message: 'Successfully deleted 3 contacts', deleted_count: 3, total_requested: 3 },
  ]);
  const again = await post(person, 'bulk-delete', { contact_ids: idsOf(contacts) });
  expect([again.status, again.body]).toMatchObject([
    404,
    {
      success: false,
      message: 'No contacts found with the provided IDs',
      deleted_count: 0,
      total_requested: 3,
    },
  ]);
});

test('the description’s frontend works as it is, in a page of the service', async () => {
  const person = await somebody();
  const { bulkEditContacts, bulkDeleteContacts, bulkImportContacts } = frontendOf(person);
  expect(
    await bulkImportContacts(new File([CSV], 'contacts.csv', { type: 'text/csv' }), 'csv'),
  ).toMatchObject({
    success: true,
    imported: 2,
  });
  const ids = idsOf(await everybody(person));
  expect(await bulkEditContacts(ids, { tags: ['updated', 'bulk'], is_active: true })).toMatchObject({
    success: true,
    updated_count: 2,
  });
  expect(await everybody(person, '&tag=bulk')).toHaveLength(2);
  expect(await bulkDeleteContacts(ids)).toMatchObject({ success: true, deleted_count: 2 });
  expect(
    await bulkEditContacts(['uuid1', 'uuid2', 'uuid3'], { tags: ['updated', 'bulk'], is_active: true }),
  ).toMatchObject({
    success: false,
    message: "Some contacts not found: ['uuid1', 'uuid2', 'uuid3']",
    updated_count: 0,
    total_requested: 3,
    errors: [
      'Contact with ID uuid1 not found',
      'Contact with ID uuid2 not found',
      'Contact with ID uuid3 not found',
    ],
  });
});

test('the description’s test data is answered with 404, since nobody has those ids', async () => {
  const contact_ids = [0, 1, 2].map((n) => `123e4567-e89b-12d3-a456-42661417400${n}`);
  const updates = { tags: ['test', 'bulk'], is_active: true, attributes: { test_field: 'test_value' } };
  const { status, body } = await post(await somebody({ url: inject('url') }), 'bulk-edit', {
    contact_ids,
    updates,
  });
  expect([status, body.updated_count, body.total_requested]).toEqual([404, 0, 3]);
});
