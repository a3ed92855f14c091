import { z } from 'zod'

export const Cursor = z
  .string()
  .max(3000)
  .regex(/^[A-Za-z0-9_-]+$/)
  .describe('Opaque place in a list; send it back unchanged')

export const Limit = z.coerce.number().int().min(1).max(200).default(50).describe('Rows per page')

/** One page of a list. `next_cursor` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next_cursor: Cursor.nullable() })
