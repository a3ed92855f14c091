import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadKeys } from '../../server/src/keys.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'countersign-keys-')), 'keys')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

it('makes keys that only their owner may read, and keeps them', () => {
  const { event } = loadKeys(folder)
  expect(readdirSync(folder).sort()).toEqual(['assertion.pem', 'event.key', 'log.pem'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  expect(loadKeys(folder).event).toEqual(event)
})

it.runIf(process.platform !== 'win32').each([
  ['log.pem', 0o644],
  ['assertion.pem', 0o640],
  ['event.key', 0o604],
  ['event.key', 0o620],
])('refuses %s with the mode %i', (name, mode) => {
  loadKeys(folder)
  chmodSync(join(folder, name), mode)
  expect(() => loadKeys(folder)).toThrowError(
    expect.objectContaining({
      name: 'Trouble',
      message: expect.stringContaining(`${name} can be read by others on this host (mode 0${mode.toString(8)})`),
      hint: expect.stringContaining('chmod 600'),
    }),
  )
})
