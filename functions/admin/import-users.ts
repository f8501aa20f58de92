import { serve } from '../../core/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './import.ts';
import { users } from './user.ts';

export const handler = serve(admin.importUsers, ({ body, caller }) => importRecords(users, caller, body));
