import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cruiseRooms } from '../../scripts/cruise.ts'

let folder: string
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The names of the rules that a tree of these files breaks. */
const brokenBy = async (files: Record<string, string>): Promise<string[]> => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-rooms-'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  for (const name of ['contract', 'log']) {
    const description = { name: `@countersign/${name}`, type: 'module', exports: { './*.ts': './*.ts' }, dependencies: { zod: '*' } }
    write(`${name}/package.json`, JSON.stringify(description))
    mkdirSync(join(folder, 'node_modules/@countersign'), { recursive: true })
    symlinkSync(join(folder, name), join(folder, 'node_modules/@countersign', name))
  }
  for (const name of ['zod', 'undeclared']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js', type: 'module' }))
    write(`node_modules/${name}/index.js`, 'export const x = 1')
  }
  write('package.json', JSON.stringify({ type: 'module' }))
  const { summary } = await cruiseRooms(folder)
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort()
}

/** A file that imports these, and each of them. */
const importing = (from: string, ...targets: string[]): Record<string, string> => {
  const up = '../'.repeat(from.split('/').length - 1)
  const imports = targets.map(
    (target, n) => `import { x as x${n} } from '${target.startsWith('node:') || target.startsWith('@') ? target : up + target}'`,
  )
  const made = targets.filter((target) => /^[^@:]+[.]tsx?$/.test(target)).map((target) => [target, 'export const x = 1\n'])
  return { [from]: `${imports.join('\n')}\nexport const y = [${targets.map((_, n) => `x${n}`)}]\n`, ...Object.fromEntries(made) }
}

describe('arrows between rooms point down', () => {
  it('what the map allows breaks no rule', async () => {
    expect(
      await brokenBy({
        ...importing('server/src/main.ts', 'server/src/gateway/start.ts', 'server/src/http/app.ts'),
        ...importing('server/src/gateway/start.ts', 'server/src/sessions/open.ts'),
        ...importing('server/src/http/app.ts', 'server/src/sessions/open.ts', 'server/src/access/may.ts', '@countersign/contract/words.ts'),
        ...importing(
          'server/src/sessions/open.ts',
          'server/src/identity/who.ts',
          'server/src/access/may.ts',
          'server/src/directory/find.ts',
          'server/src/audit/record.ts',
        ),
        ...importing(
          'server/src/audit/record.ts',
          'server/src/store/open.ts',
          'server/src/errors.ts',
          '@countersign/log/tree.ts',
          'node:crypto',
        ),
        ...importing('server/src/policy/decide.ts', 'node:crypto', '@countersign/contract/words.ts', 'server/src/errors.ts'),
        ...importing('server/src/policy/load.ts', 'node:fs', 'server/src/policy/decide.ts'),
        ...importing('server/src/actions/request.ts', 'server/src/policy/decide.ts'),
        ...importing('console/src/main.tsx', '@countersign/contract/words.ts', '@countersign/log/tree.ts'),
        ...importing('log/sha256-node.ts', 'node:crypto', 'log/tree.ts'),
        'contract/words.ts': `export { z as x } from 'zod'\n`,
        'log/tree.ts': 'export const x = 1\n',
      }),
    ).toEqual([])
  })

  it.each([
    ['gateway-is-a-door', importing('server/src/gateway/a.ts', 'server/src/http/b.ts')],
    ['doors-hold-no-store', importing('server/src/gateway/a.ts', 'server/src/store/b.ts')],
    ['http-is-a-door', importing('server/src/http/a.ts', 'server/src/gateway/b.ts')],
    ['verbs-above-identity-and-directory', importing('server/src/feed/a.ts', 'server/src/http/b.ts')],
    ['cli-is-a-door', importing('server/src/cli/a.ts', 'server/src/http/b.ts')],
    ['policy-is-pure', importing('server/src/policy/a.ts', 'node:fs')],
    ['policy-is-pure', importing('server/src/policy/a.ts', 'server/src/config.ts')],
    ['policy-knows-no-room', importing('server/src/policy/load.ts', 'server/src/store/b.ts')],
    ['verbs-above-identity-and-directory', importing('server/src/sessions/a.ts', 'server/src/gateway/b.ts')],
    ['doors-hold-no-store', importing('server/src/http/a.ts', 'server/src/store/b.ts')],
    ['identity-above-access', importing('server/src/identity/a.ts', 'server/src/sessions/b.ts')],
    ['directory-above-access', importing('server/src/directory/a.ts', 'server/src/identity/b.ts')],
    ['access-above-audit', importing('server/src/access/a.ts', 'server/src/identity/b.ts')],
    ['audit-above-store', importing('server/src/audit/a.ts', 'server/src/identity/b.ts')],
    ['run-above-store', importing('server/src/run/a.ts', 'server/src/audit/b.ts')],
    ['store-below-all-rooms', importing('server/src/store/a.ts', 'server/src/audit/b.ts')],
    ['outbound-above-ground', importing('server/src/outbound/a.ts', 'server/src/store/b.ts')],
    ['audit-above-store', importing('server/src/audit/a.ts', 'server/src/outbound/b.ts')],
    ['ground-is-lowest', importing('server/src/errors.ts', 'server/src/store/b.ts')],
    ['contract-is-pure', importing('contract/a.ts', 'node:crypto')],
    ['contract-is-pure', importing('contract/a.ts', 'log/b.ts')],
    ['log-is-pure', importing('log/a.ts', 'node:fs')],
    ['log-is-pure', importing('log/a.ts', '@countersign/contract/b.ts')],
    ['log-adapter-imports-node-only', importing('log/sha256-node.ts', 'server/src/keys.ts')],
    ['console-knows-contract-and-log', importing('console/src/a.tsx', 'server/src/errors.ts')],
    ['example-knows-nothing-of-ours', importing('examples/acme/src/a.ts', '@countersign/contract/b.ts')],
    ['product-knows-no-tests', importing('server/src/http/a.ts', 'test/support/b.ts')],
    ['no-orphans', { 'server/src/http/a.ts': 'export const x = 1\n' }],
    ['unresolved', importing('server/src/http/a.ts', '@countersign/contract/missing.ts')],
    ['declared-packages-only', { 'contract/a.ts': `export { x } from 'undeclared'\n` }],
    ['no-cycles', { 'server/src/http/a.ts': `export * from './b.ts'\n`, 'server/src/http/b.ts': `export * from './a.ts'\n` }],
  ])('%s is broken by %o', async (rule, files) => {
    const words = { 'contract/b.ts': 'export const x = 1\n' }
    expect(await brokenBy({ ...words, ...files })).toContain(rule)
  })

  it('nothing-imports-what-starts-it', async () => {
    expect(await brokenBy(importing('server/src/http/a.ts', 'server/src/start.ts'))).toContain('nothing-imports-what-starts-it')
  })

  it('an import of types alone is an arrow too', async () => {
    const files = {
      'server/src/store/a.ts': `import type { X } from '../http/b.ts'\nexport type Y = X\n`,
      'server/src/http/b.ts': 'export type X = 1\n',
    }
    expect(await brokenBy(files)).toEqual(['store-below-all-rooms'])
  })

  it('so is one that happens at run time, and one that only passes on', async () => {
    const later = {
      'server/src/store/a.ts': `export const y = () => import('../http/b.ts')\n`,
      'server/src/http/b.ts': 'export const x = 1\n',
    }
    expect(await brokenBy(later)).toEqual(['store-below-all-rooms'])
    rmSync(folder, { recursive: true })
    const passed = { 'server/src/store/a.ts': `export { x } from '../http/b.ts'\n`, 'server/src/http/b.ts': 'export const x = 1\n' }
    expect(await brokenBy(passed)).toEqual(['store-below-all-rooms'])
  })
})
