import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { streamExport } from './export/export.ts';
import { orders } from './records/order.ts';

export const handler = serve(admin.exportOrders, ({ query, ...call }) => {
  const { status, start_date: start, end_date: end } = query;
  return streamExport(orders, query, { facets: status ? [status] : 'all', start, end }, call);
});
