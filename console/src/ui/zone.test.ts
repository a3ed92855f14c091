import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const source = join(import.meta.dirname, '..')
/** They read the setting when they are called: whoever draws with them has to be drawn again when it changes. */
const readers = /\bformat(?:Day|ShortDay|TimeOfDay|Minute|Instant|Both|Relative)\(/
/** Asked anew whenever a tip is shown, or told once, of days that lie behind. */
const withoutDrawing = ['ui/format.ts', 'ui/format.test.ts', 'ui/Tip.tsx', 'pages/audit/verify.ts']
/** Drawn within a table, which is drawn again. */
const inTables = ['pages/sessions/SessionList.tsx', 'pages/sessions/AccessLog.tsx', 'pages/audit/EventList.tsx']

it('whatever draws a time is drawn again when the zone is changed', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: source }).filter((file) => readers.test(readFileSync(join(source, file), 'utf8')))
  expect(files.length).toBeGreaterThan(8)
  const deaf = files.filter((file) => ![...withoutDrawing, ...inTables].includes(file))
  expect(deaf.filter((file) => !readFileSync(join(source, file), 'utf8').includes('useZone()'))).toEqual([])
  expect(readFileSync(join(source, 'ui/Table.tsx'), 'utf8')).toContain('useZone()')
})

it('no part of the console is fetched in a way that leaves the browser’s own error where that fails', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: source }).filter((file) => !file.endsWith('.test.ts'))
  expect(files.filter((file) => /\blazy\(/.test(readFileSync(join(source, file), 'utf8')))).toEqual([])
})
