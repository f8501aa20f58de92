import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './records/import.ts';
import { orders } from './records/order.ts';

export const handler = serve(admin.importOrders, ({ body, caller }) => importRecords(orders, caller, body));
