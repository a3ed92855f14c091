import { z } from 'zod'

/** `noun:verb`, lower case ASCII (S5). No wildcards: what a session may do is spelled out. */
export const Scope = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,40}:[a-z][a-z0-9_]{0,20}$/, 'must be noun:verb, as invoices:read, in lower-case letters, digits and _')
  .describe('Scope, noun:verb')
export const presetReadOnly = 'read_only'
/** What a request for a session may name: a scope or a preset. */
export const ScopeOrPreset = z.union([Scope, z.string().regex(/^[a-z][a-z0-9_]{0,40}$/)])

/** The scopes that the configuration lets whoever asks have, for the dialog that grants them. */
export const ScopeCatalogue = z
  .object({
    scopes: z.array(
      z.object({
        scope: Scope,
        routes: z.array(
          z.object({
            method: z.string(),
            path: z.string(),
            upstream: z.string().optional().describe('Name of the upstream behind it; none: the default one'),
            stream: z.enum(['sse', 'websocket']).optional().describe('It answers with a stream'),
            reads: z.boolean().optional().describe('A POST that only reads'),
            does: z.string().optional().describe('What the route does, for people: an infinitive without "to"'),
          }),
        ),
      }),
    ),
    start_page: z.string().optional().describe('Where the product begins when somebody steps in'),
    presets: z.array(z.object({ name: z.string(), scopes: z.array(Scope) })),
    max_minutes: z.number().int().describe('Longest that a session of mine may run'),
  })
  .meta({ id: 'ScopeCatalogue' })
export type ScopeCatalogue = z.infer<typeof ScopeCatalogue>
