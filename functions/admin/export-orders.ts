import { serve } from '../../core/serve.ts';
import { admin } from './api.ts';
import { exported } from './export.ts';
import { orders } from './order.ts';

export const handler = serve(admin.exportOrders, ({ query, ...call }) => {
  const { status, start_date: start, end_date: end } = query;
  return exported(orders, query, { facets: status ? [status] : 'all', start, end }, call);
});
