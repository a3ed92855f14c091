import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../server/src', import.meta.url))

it('I2 denials are made in access/ alone: elsewhere nobody writes one, nor claims that something is one', () => {
  const makes = globSync('**/*.ts', { cwd: source })
    .filter((path) => /result: 'deny'|as (unknown as )?Denial(Of)?\b/.test(readFileSync(join(source, path), 'utf8')))
    .map((path) => path.replaceAll('\\', '/'))
  expect(makes.sort()).toEqual(['access/deny.ts'])
})
