import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './records/import.ts';
import { users } from './records/user.ts';

export const handler = serve(admin.importUsers, ({ body, caller }) => importRecords(users, caller, body));
