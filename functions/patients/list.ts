import { WithHeaders } from '../../core/http/reply.ts';
import { serve } from '../../core/http/serve.ts';
import { patients } from './api.ts';
import { pageOf } from './page.ts';
import { querySnapshot, visibleTo } from './store.ts';

export const handler = serve(
  patients.list,
  async ({ query: { limit, offset, cursor, tenant_id }, caller }) => {
    const key = `patients:list:${JSON.stringify([limit, offset, cursor])}`;
    const { value, headers } = await querySnapshot(visibleTo(caller, tenant_id), key, (views) =>
      pageOf(views, { limit, offset, cursor }),
    );
    return new WithHeaders({ ...value, offset }, headers);
  },
);
