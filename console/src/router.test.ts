import { readFileSync } from 'node:fs'
import { consolePaths } from '@countersign/contract/paths.ts'
import { expect, it } from 'vitest'

it('every page of the router is served when it is opened or loaded again', () => {
  const source = readFileSync(new URL('router.tsx', import.meta.url), 'utf8')
  const routed = [...source.matchAll(/^ {2}path: '([^']+)'/gm)].map(([, path]) => path?.replace(/\$\w+/g, ':id'))
  const served = Object.values(consolePaths).map((path) => path.replace(/:\w+/g, ':id'))
  expect(routed.filter((path) => !served.includes(path as string))).toEqual([])
  expect(routed.length).toBeGreaterThan(10)
})
