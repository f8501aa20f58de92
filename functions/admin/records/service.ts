import * as z from 'zod';
import { type Category, categories } from './codes.ts';
import type { Collection } from './collection.ts';
import { categoryWords, codeOf } from './display.ts';
import { email, flag, id, instant, money, text, username } from './fields.ts';

/** A service that a professional offers. */
export const Service = z
  .strictObject({
    id,
    name: text(255, { min: 1 }),
    description: text(5_000, { severalLines: true }).default(''),
    category: z.enum(categories, { error: `must be one of ${categories.join(', ')}` }),
    provider: z.strictObject({ id: id.nullable().default(null), username, email: email.default('') }),
    estimated_price: money,
    is_active: flag.default(true),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Service' });
export type Service = z.output<typeof Service>;

export const ServiceChange = z.strictObject({ is_active: flag });
export type ServiceChange = z.output<typeof ServiceChange>;

export const changedService = (service: Service, { is_active }: ServiceChange, now: string): Service =>
  service.is_active === is_active ? service : { ...service, is_active, updated_at: now };

/** The facet of a service: its category, and a letter if it is active. Exports filter by it. */
export const serviceFacet = (category: Category, active: boolean): string =>
  `${category}.${active ? 'a' : ''}`;

export const services: Collection<Service> = {
  name: 'services',
  row: Service,
  facets: categories.flatMap((category) => [true, false].map((active) => serviceFacet(category, active))),
  facetOf: ({ category, is_active }) => serviceFacet(category, is_active),
  createdAt: (service) => service.created_at,
  toReply: ({ id, name, description, category, ...rest }, language) => ({
    ...{ id, name, description, category },
    category_display: categoryWords[category][language],
    ...rest,
  }),
  displays: ['category_display'],
  columns: [
    { title: 'ID', type: 'id', of: (service) => service.id, put: (_, value) => ({ id: value }) },
    { title: 'Name', type: 'text', of: (service) => service.name, put: (_, value) => ({ name: value }) },
    {
      title: 'Category',
      type: 'text',
      of: ({ category }, language) => categoryWords[category][language],
      put: (_, value) => ({ category: codeOf(categoryWords, String(value)) ?? value }),
    },
    {
      title: 'Provider',
      type: 'text',
      of: ({ provider }) => provider.username,
      put: ({ provider }, value) => ({ provider: { ...provider, username: value } }),
    },
    {
      title: 'Provider Email',
      type: 'text',
      of: ({ provider }) => provider.email,
      put: ({ provider }, value) => ({ provider: { ...provider, email: value } }),
    },
    {
      title: 'Estimated Price',
      type: 'amount',
      of: (service) => service.estimated_price,
      put: (_, value) => ({ estimated_price: value }),
    },
    {
      title: 'Is Active',
      type: 'flag',
      of: (service) => service.is_active,
      put: (_, value) => ({ is_active: value }),
    },
    {
      title: 'Created At',
      type: 'second',
      of: (service) => service.created_at,
      put: (_, value) => ({ created_at: value }),
    },
    {
      title: 'Updated At',
      type: 'second',
      of: (service) => service.updated_at,
      put: (_, value) => ({ updated_at: value }),
    },
  ],
};
