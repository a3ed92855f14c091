import { z } from 'zod'
import { readPath } from './path.ts'

/** Where the page inside is. From outside it is taken only in the form that the gateway takes. */
export const ViewSearch = z.object({
  path: z
    .string()
    .max(2048)
    .refine((path) => readPath(path).path === path)
    .optional()
    .catch(undefined),
})
