import * as z from 'zod';
import { type OrderStatus, orderStatuses } from './codes.ts';
import type { Collection } from './collection.ts';
import { codeOf, orderStatusWords } from './display.ts';
import { email, flag, id, instant, money, text, username } from './fields.ts';

/**
 * Limit of an order's notes in UTF-16 code units, so that appending never outgrows what one item can hold.
 */
const notesLengthMax = 20_000;

const status = z.enum(orderStatuses, { error: `must be one of ${orderStatuses.join(', ')}` });

/**
 * An order as it is stored and, with `status_display`, as it is exported. Fields that a CSV lacks are null.
 */
export const Order = z
  .strictObject({
    id,
    customer: z.strictObject({ id: id.nullable().default(null), username, email: email.default('') }),
    service: z.strictObject({ id: id.nullable().default(null), name: text(255, { min: 1 }) }),
    professional: z
      .strictObject({ id: id.nullable().default(null), username })
      .nullable()
      .default(null),
    status,
    scheduled_date: instant.nullable().default(null),
    total_price: money,
    address: text(1_000, { severalLines: true }).default(''),
    notes: text(notesLengthMax, { severalLines: true }).default(''),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Order' });
export type Order = z.output<typeof Order>;

export const OrderChange = z.strictObject({
  status,
  notes: text(5_000, { severalLines: true }).optional(),
  force: flag.optional().describe('Allows any change of the status.'),
});
export type OrderChange = z.output<typeof OrderChange>;

/** The statuses that may follow each status. */
const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['in_progress', 'cancelled'],
  in_progress: ['completed', 'cancelled'],
  completed: [],
  cancelled: [],
};

/**
 * The order with the new status, and with the notes appended on a new line; an error text if that is not
 * allowed. Keeping the status is always allowed.
 */
export function changedOrder(
  order: Order,
  { status, notes, force }: OrderChange,
  now: string,
): Order | string {
  if (status !== order.status && !transitions[order.status].includes(status) && !force)
    return `An order that is ${order.status} cannot become ${status}`;
  const noted = notes ? (order.notes ? `${order.notes}\n${notes}` : notes) : order.notes;
  if (noted.length > notesLengthMax) return `Notes of an order are limited to ${notesLengthMax} characters`;
  if (status === order.status && noted === order.notes) return order;
  return { ...order, status, notes: noted, updated_at: now };
}

export const orders: Collection<Order> = {
  name: 'orders',
  row: Order,
  facets: [...orderStatuses],
  facetOf: (order) => order.status,
  createdAt: (order) => order.created_at,
  toReply: ({ id, customer, service, professional, status, ...rest }, language) => ({
    ...{ id, customer, service, professional, status },
    status_display: orderStatusWords[status][language],
    ...rest,
  }),
  displays: ['status_display'],
  columns: [
    { title: 'ID', type: 'id', of: (order) => order.id, put: (_, value) => ({ id: value }) },
    {
      title: 'Customer',
      type: 'text',
      of: ({ customer }) => customer.username,
      put: ({ customer }, value) => ({ customer: { ...customer, username: value } }),
    },
    {
      title: 'Customer Email',
      type: 'text',
      of: ({ customer }) => customer.email,
      put: ({ customer }, value) => ({ customer: { ...customer, email: value } }),
    },
    {
      title: 'Service',
      type: 'text',
      of: ({ service }) => service.name,
      put: ({ service }, value) => ({ service: { ...service, name: value } }),
    },
    {
      title: 'Professional',
      type: 'text',
      absent: true,
      of: ({ professional }) => professional?.username ?? null,
      put: (_, value) => ({ professional: value === null ? null : { id: null, username: value } }),
    },
    {
      title: 'Status',
      type: 'text',
      of: ({ status }, language) => orderStatusWords[status][language],
      put: (_, value) => ({ status: codeOf(orderStatusWords, String(value)) ?? value }),
    },
    {
      title: 'Scheduled Date',
      type: 'minute',
      absent: true,
      of: (order) => order.scheduled_date,
      put: (_, value) => ({ scheduled_date: value }),
    },
    {
      title: 'Total Price',
      type: 'amount',
      of: (order) => order.total_price,
      put: (_, value) => ({ total_price: value }),
    },
    { title: 'Address', type: 'text', of: (order) => order.address, put: (_, value) => ({ address: value }) },
    {
      title: 'Created At',
      type: 'second',
      of: (order) => order.created_at,
      put: (_, value) => ({ created_at: value }),
    },
    {
      title: 'Updated At',
      type: 'second',
      of: (order) => order.updated_at,
      put: (_, value) => ({ updated_at: value }),
    },
  ],
};
