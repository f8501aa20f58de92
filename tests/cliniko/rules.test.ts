import { expect, test } from 'vitest';
import { organizationId } from '../../core/contract/organization-id.ts';
import { shardOf } from '../../functions/cliniko/account/api-key.ts';
import { describeFault } from '../../functions/cliniko/faults.ts';
import { mergePatient, StoredPatient } from '../../functions/cliniko/patients/patient.ts';
import { readPatient } from '../../functions/cliniko/patients/patient-record.ts';
import { readPhone } from '../../functions/cliniko/patients/phone.ts';
import { noStartLimit, startAllowance } from '../../functions/cliniko/sync/start-sync.ts';
import { syncLogToStatus } from '../../functions/cliniko/sync/summary.ts';
import {
  completed,
  duration,
  failed,
  found,
  newLog,
  progressed,
  SyncLog,
  syncLogToReply,
  withListed,
} from '../../functions/cliniko/sync/sync-log.ts';
import { emptyState, newRun, SyncState } from '../../functions/cliniko/sync/sync-state.ts';

const startedAt = '2024-01-15T10:30:00.000Z';
const after = (seconds: number) => new Date(Date.parse(startedAt) + seconds * 1000).toISOString();

test('computes progress as the documentation’s example does', () => {
  const begun = newLog(456, 7, '123', 'full_patients', startedAt);
  const log = {
    ...begun,
    ...progressed(found(begun, 648, 13), { success: 448, failed: 2, pages: 9 }, after(100)),
  };
  expect(syncLogToReply(log)).toMatchObject({
    id: 456,
    organization_id: 123,
    records_processed: 450,
    records_success: 448,
    records_failed: 2,
    metadata: {
      patients_found: 648,
      patients_stored: 448,
      current_page: 9,
      total_pages: 13,
      progress_percent: 69.4,
      estimated_remaining: '44 seconds',
    },
  });
});

test('never lets progress fall when more is found, nor estimates before anything was measured', () => {
  const log = newLog(1, 1, 'a', 'full_patients', startedAt);
  const begun = found(log, 100, 1);
  expect(syncLogToReply({ ...log, ...begun }).metadata.estimated_remaining).toBe(null);
  const half = progressed(begun, { success: 50 }, after(10));
  expect(found(half, 1_000, 10)).toMatchObject({ found: 1_000, progress: 50 });
  expect(found(half, 10, 1)).toMatchObject({ found: 100 });
});

test('sums up a sync as the documentation’s example does', () => {
  const log = completed(
    { ...newLog(1, 1, '123', 'full_patients', startedAt), success: 648 },
    648,
    after(262),
  );
  expect(syncLogToStatus(log, 648, 0)).toEqual({
    sync_status: 'completed',
    last_sync: after(262),
    patient_counts: { total_in_cliniko: 648, synced_to_database: 648, success_rate: 100 },
    sync_duration: '4m 22s',
    operation_type: 'full_patients',
  });
});

test.each([
  [0, '0s'],
  [22_000, '22s'],
  [262_000, '4m 22s'],
  [3_600_000, '1h 0m 0s'],
])('writes %i milliseconds as %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each([
  ['123', 123],
  ['007', '007'],
  ['clinic-1', 'clinic-1'],
  ['99999999999999999999', '99999999999999999999'],
])('answers the organisation %s as %j', (orgId, answered) => {
  expect(organizationId(orgId)).toBe(answered);
});

test.each([
  ['MS0xNTk0-au4', 'au4'],
  ['aaa-bbb-uk2', 'uk2'],
  ['withoutshard', 'au1'],
  ['key-evil.com', undefined],
  ['key-AU1', undefined],
  ['key-au123', undefined],
  ['key-', undefined],
  ['key-au1\n', undefined],
])('reads the shard of %j as %j', (key, shard) => {
  expect(shardOf(key)).toBe(shard);
});

test('tells when an organisation may start again', () => {
  const limit = { calls: 2, seconds: 600 };
  const state = { ...emptyState, starts: [1_000, 100_000] };
  expect(startAllowance(emptyState, limit, 500)).toEqual({
    admitted: true,
    limit: 2,
    remaining: 2,
    resetAt: 500,
  });
  expect(startAllowance(state, limit, 600_999)).toMatchObject({
    admitted: false,
    remaining: 0,
    resetAt: 601_000,
  });
  expect(startAllowance(state, limit, 601_000)).toMatchObject({
    admitted: true,
    remaining: 1,
    resetAt: 601_000,
  });
  const running = { ...state, run: newRun(1, state, 'full_patients', 600_000) };
  expect(startAllowance(running, limit, 600_999)).toMatchObject({ remaining: 0, resetAt: 630_999 });
  expect(startAllowance(state, noStartLimit, 100_000)).toMatchObject({ admitted: true });
});

test('reads a log and a state that an earlier version stored', () => {
  const { retries, warnings, warned, ...log } = newLog(1, 1, 'a', 'full_patients', startedAt);
  expect(SyncLog.parse(log)).toEqual({ ...log, retries: {}, warnings: [], warned: 0 });
  const fault = { message: 'Sync failed: Internal error', error_code: 'INTERNAL_ERROR' };
  expect(syncLogToReply(SyncLog.parse({ ...log, fault })).error_details).toMatchObject({ action: null });
  const { outages, ...run } = newRun(1, emptyState, 'full_patients', 0);
  expect(SyncState.parse({ ...emptyState, run }).run).toEqual({ ...run, outages: 0 });
});

test('names 50 warnings of a log, and counts the others', () => {
  const warning = { cliniko_patient_id: '1', field: 'email', code: 'VALUE_LEFT_OUT' } as const;
  const begun = newLog(1, 1, 'a', 'full_patients', startedAt);
  const more = { warnings: Array(40).fill(warning) };
  const listed = withListed(withListed(begun, more) ?? begun, more) ?? begun;
  expect(withListed(listed, more)).toBe(undefined);
  const counted = progressed(progressed(begun, more), more);
  const { metadata, error_details } = syncLogToReply({ ...counted, ...listed, warned: counted.warned });
  expect([metadata.warnings.length, metadata.warning_count, error_details]).toEqual([50, 80, null]);
});

test('reads items without a version, and refuses a version that it does not know', () => {
  const log = newLog(1, 1, 'a', 'full_patients', startedAt);
  const patient = mergePatient(undefined, readPatient(record(), ''), sighting, 1);
  for (const [shape, item] of [
    [SyncState, { ...emptyState, run: newRun(1, emptyState, 'full_patients', 0) }],
    [SyncLog, log],
    [StoredPatient, patient],
  ] as const) {
    expect(shape.parse({ pk: 'p', sk: 's', ...item })).toEqual(item);
    expect(() => shape.parse({ ...item, v: 2 })).toThrow('has version 2');
  }
});

const record = (more: object = {}) => ({
  id: '42',
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  updated_at: '2024-01-02T00:00:00Z',
  ...more,
});
const sighting = { sync: 7, at: startedAt, standing: 'active' } as const;

test('keeps the newer of two versions of a patient, whichever comes last', () => {
  const newer = mergePatient(undefined, readPatient(record(), ''), sighting, 1);
  const older = readPatient(record({ last_name: 'Byron', updated_at: '2024-01-01T23:59:59Z' }), '');
  expect(mergePatient(newer, older, { ...sighting, sync: 8 }, 2)).toMatchObject({
    id: 1,
    last_name: 'Lovelace',
    seen: 8,
  });
  const newest = readPatient(record({ last_name: 'King', updated_at: '2024-01-02T01:00:00+00:00' }), '');
  expect(mergePatient(newer, newest, sighting, 2)).toMatchObject({ id: 1, last_name: 'King' });
});

test.each([
  ['ClinikoAuthFailed', 'CLINIKO_AUTH_FAILED'],
  ['Lambda.TooManyRequestsException', 'SYNC_INTERRUPTED'],
  ['Lambda.Unknown', 'SYNC_INTERRUPTED'],
  ['Sandbox.Timedout', 'SYNC_INTERRUPTED'],
  ['States.Timeout', 'SYNC_INTERRUPTED'],
  ['Unavailable', 'DATABASE_UNAVAILABLE'],
  ['InvalidActions', 'DATABASE_CONSTRAINT_ERROR'],
  ['TypeError', 'INTERNAL_ERROR'],
  ['constructor', 'INTERNAL_ERROR'],
])('says why a sync failed and what to do after %s', (name, code) => {
  const log = failed(newLog(1, 1, 'a', 'full_patients', startedAt), describeFault(name), after(5));
  expect(syncLogToReply(log).error_details).toEqual({
    message: expect.stringMatching(/^Sync failed: ./),
    error_code: code,
    action: expect.stringMatching(/./),
    failed_at: after(5),
    failed_records: [],
  });
});

const cut = (length: number) => 'x'.repeat(length);

test.each([
  ['first_name', 'Ada\u0000\u0007', 'Ada', 'TEXT_CLEANED'],
  ['first_name', 'Ada\nMary\tKing', 'Ada Mary King', 'TEXT_CLEANED'],
  ['last_name', 'a\ud800', 'a', 'TEXT_CLEANED'],
  ['last_name', '\u0000', null, 'TEXT_CLEANED'],
  ['last_name', cut(3_000), cut(2_000), 'TEXT_CUT'],
  ['last_name', `${cut(1_999)}\u{1F680}!`, cut(1_999), 'TEXT_CUT'],
  ['last_name', 'M\ufffdller', 'M\ufffdller', 'TEXT_DAMAGED'],
  ['first_name', 5, null, 'VALUE_LEFT_OUT'],
  ['first_name', { text: 'Ada' }, null, 'VALUE_LEFT_OUT'],
  ['first_name', ['Ada'], null, 'VALUE_LEFT_OUT'],
  ['first_name', false, null, 'VALUE_LEFT_OUT'],
  ['first_name', ' Zoe\u0308 ', 'Zoë', undefined],
  ['email', 'n/a', null, 'VALUE_LEFT_OUT'],
  ['email', 'ada@example.com; bob@example.com', null, 'VALUE_LEFT_OUT'],
  ['email', `${cut(300)}@example.com`, null, 'VALUE_LEFT_OUT'],
  ['email', 'ada@example.com\u0000', 'ada@example.com', 'TEXT_CLEANED'],
  ['email', ' ada@example.com\u00a0', 'ada@example.com', undefined],
  ['email', 'zoë@bücher.example', 'zoë@bücher.example', undefined],
  ['email', 'Ada Moyo <ada@example.com>', 'ada@example.com', 'TEXT_CLEANED'],
  ['email', '\u202aada@example.com\u202c', 'ada@example.com', 'TEXT_CLEANED'],
  ['email', 'Ada@Example.COM', 'Ada@example.com', undefined],
  ['email', 'ada@localhost', 'ada@localhost', undefined],
  ['first_name', '\u200b\u3164', null, 'VALUE_LEFT_OUT'],
  ['email', {}, null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', '15/03/1985', null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', '0000-00-00', null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', '1985-02-29', null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', 19850315, null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', '1985-03-14T14:00:00Z', null, 'VALUE_LEFT_OUT'],
  ['date_of_birth', '1985-03-15T00:00:00+10:00', '1985-03-15', undefined],
  ['date_of_birth', '1984-02-29', '1984-02-29', undefined],
] as const)('keeps a patient whose %s is %j, as %j, and tells %s', (field, given, value, code) => {
  const read = readPatient(record({ [field]: given }), '');
  expect(read).toMatchObject({ id: '42', fields: { [field]: value } });
  expect('warnings' in read && read.warnings).toEqual(code ? [{ field, code }] : []);
  expect(mergePatient(undefined, read, sighting, 1)).toMatchObject({
    [field]: value,
    standing: 'active',
    sync_status: 'success',
  });
});

test('keeps every patient that Cliniko names, however its record looks', () => {
  const link = { self: 'https://api.au1.cliniko.com/v1/patients/42' };
  for (const odd of [
    { updated_at: 5, archived_at: {} },
    { id: 42 },
    { id: ' 42 ' },
    { id: null, links: link },
    { id: undefined, links: link },
    { id: {}, links: link },
  ])
    expect(readPatient(record(odd), 'active 3.5')).toMatchObject({
      id: '42',
      fields: { last_name: 'Lovelace' },
    });
  const uuid = '0197f0c4-6f1c-7e1a-9d3b-2f3b1f6c2a11';
  expect(readPatient(record({ id: uuid }), '')).toMatchObject({ id: uuid });
});

test.each([
  [null, 'record'],
  ['Ada', 'record'],
  [[], 'record'],
  [{}, 'id'],
  [{ id: '4 2#' }, 'id'],
  [{ id: '', links: { self: 'https://api.au1.cliniko.com/v1/patients' } }, 'id'],
  [{ id: 1.5 }, 'id'],
])('fails a record only if it names nobody: %j', (given, what) => {
  expect(readPatient(given, 'active 3.5')).toEqual({ id: 'active 3.5', reason: `not usable: ${what}` });
});

test('takes later changes of a patient whom Cliniko once changed in the future', () => {
  const ahead = readPatient(record({ updated_at: '2999-01-01T00:00:00Z' }), '');
  const known = mergePatient(undefined, ahead, sighting, 1);
  const later = readPatient(record({ last_name: 'King', updated_at: '2024-01-15T10:00:00Z' }), '');
  expect(mergePatient(known, later, sighting, 1)).toMatchObject({ last_name: 'King' });
});

test.each([
  [null, null],
  [[], null],
  [[{ phone_type: 'Home', number: '' }], null],
  [[{ phone_type: 'Home', number: '07 3000 0000' }], '07 3000 0000'],
  [
    [
      { phone_type: 'Home', number: '1' },
      { phone_type: 'Mobile', number: '+61 412 345 678' },
    ],
    '+61 412 345 678',
  ],
  [[{ phone_type: 'Mobile', number: '0061412345678' }], '+61 412 345 678'],
  [[{ phone_type: 'Mobile', number: '61412345678' }], '+61 412 345 678'],
  [[{ phone_type: 'Home', number: '61399999999' }], '+61 3 9999 9999'],
  [[{ phone_type: 'Mobile', number: '447911123456' }], '+44 7911 123456'],
  [[{ phone_type: 'Mobile', number: '+1 (415) 555-2671' }], '+1 415 555 2671'],
  [[{ phone_type: 'Mobile', number: '0412 345 678', normalized_number: '61412345678' }], '+61 412 345 678'],
  [[{ phone_type: 'Mobile', number: '021 123 4567', normalized_number: '6421123456' }], '+64 21 123 456'],
  [[{ phone_type: 'Mobile', number: '0412 345 678', normalized_number: 'nonsense' }], '0412 345 678'],
  [[{ phone_type: 'Mobile', number: '4155552671' }], '4155552671'],
  [[{ phone_type: 'Mobile', number: '99999999999' }], '99999999999'],
  [[{ phone_type: 'Other', number: 'ask his wife' }], 'ask his wife'],
  [[{ phone_type: 'Mobile', number: "'0412 345 678" }], '0412 345 678'],
  [[{ phone_type: 'Mobile', number: '0412\u200e–345–678' }], '0412-345-678'],
  [[{ phone_type: 'Mobile', number: '61412345678.0' }], '+61 412 345 678'],
  [[{ phone_type: 'Mobile', number: '＋６１４１２３４５６７８' }], '+61 412 345 678'],
  [[{ phone_type: 'Mobile', number: '+٦١٤١٢٣٤٥٦٧٨' }], '+61 412 345 678'],
  [['0412 345 678'], '0412 345 678'],
  [[null, { phone_type: 'Mobile', number: 61412345678 }], '+61 412 345 678'],
  [[{ phone_type: 'Mobile', number: null, normalized_number: '61412345678' }], '+61 412 345 678'],
  [[{ phone_type: {}, number: '0412 345 678', normalized_number: '+61412345678' }], '+61 412 345 678'],
])('takes from the phones %j the number %j', (numbers, phone) => {
  expect(readPhone(numbers)).toEqual({ value: phone, code: undefined });
});

const note = 'his wife answers before six in the evening';

test.each([
  ['nonsense', null, 'VALUE_LEFT_OUT'],
  [{ number: '0412 345 678' }, null, 'VALUE_LEFT_OUT'],
  [[{ number: `0412 345 678, ${note}`, normalized_number: '61412345678' }], '+61 412 345 678', 'TEXT_CUT'],
  [[{ number: `+61 412 345 678, ${note}` }], '+61 412 345 678', 'TEXT_CUT'],
  [[{ number: `0412 345 678, ${note}` }], null, 'VALUE_LEFT_OUT'],
  [[{ number: `+61 412 345 678 or +61 413 345 678, ${note}` }], null, 'VALUE_LEFT_OUT'],
  [[{ number: '0412\u0000 345 678' }], '0412 345 678', 'TEXT_CLEANED'],
  [[{ number: '\ud800' }], null, 'TEXT_CLEANED'],
  [[{ number: {} }], null, 'VALUE_LEFT_OUT'],
  [
    [
      { phone_type: 'Mobile', number: 'n/a' },
      { phone_type: 'Home', number: '07 3000 0000' },
    ],
    '07 3000 0000',
    'VALUE_LEFT_OUT',
  ],
  [
    [
      { phone_type: 'Home', number: '07 3000 0000' },
      { phone_type: 'Mobile', number: `0412 345 678, ${note}` },
    ],
    '07 3000 0000',
    'VALUE_LEFT_OUT',
  ],
])('takes from the phones %j the number %j, and tells %s', (numbers, phone, code) => {
  expect(readPhone(numbers)).toEqual({ value: phone, code });
});
