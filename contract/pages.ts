import { z } from 'zod'

export const Cursor = z
  .string()
  .max(3000)
  .regex(/^[A-Za-z0-9_-]+$/)
  .describe('Opaque place in a list; send it back unchanged')

export const Limit = z.coerce.number().int().min(1).max(200).default(50).describe('Rows per page')

/** Rows of the product's directory in another form than the protocol's, named to staff: left out, or shown as they last were. */
export const Unreadable = z
  .object({
    count: z.number().int(),
    rows: z.array(
      z.object({
        id: z.string().describe('As the product wrote it, cut'),
        members: z.array(z.string()).describe('Members that are wrong'),
      }),
    ),
  })
  .describe('Rows in another form than the connector protocol: left out, or shown as they last were. The first twenty are named')
  .meta({ id: 'Unreadable' })
export type Unreadable = z.infer<typeof Unreadable>

/** One page of a list. `next_cursor` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next_cursor: Cursor.nullable() })
