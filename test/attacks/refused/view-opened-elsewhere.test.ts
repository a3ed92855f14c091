import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openPage } from '../../../server/src/gateway/browser/pages.ts'

const origin = 'https://aaa.view.example'
const [, script = ''] = /<script>(.*)<\/script>/s.exec(openPage.html.toString()) ?? []

/** Where the page that opens a path goes on to; undefined where it stays. */
const openedBy = (path: string): string | undefined => {
  const visited: string[] = []
  const replace = (address: unknown) => void visited.push(new URL(String(address), origin).href)
  try {
    const page = { document: { querySelector: () => ({}) }, addEventListener: () => {}, setTimeout: () => {} }
    runInNewContext(script, { ...page, location: { origin, hash: `#${path}`, replace }, URL })
  } catch (error) {
    expect((error as Error).name).toBe('TypeError')
  }
  return visited[0]
}

it.each([
  ...['//evil.example/', '/\\evil.example/', '/\\/evil.example/', '/\t/evil.example/', '/\n\\evil.example', '///evil.example', '//['],
  ...['/.countersign/enter', '/./.countersign/enter', '/x/../.countersign/runner', '/%2e/.countersign/open', '/\\..\\.countersign/open'],
  ...['', 'x', 'https://evil.example/', 'javascript:alert(1)', 'data:text/html,x', '\\\\evil.example'],
])('WB-8 a view opens nothing that is not a path of its product: %j', (path) => {
  expect(openedBy(path)).toBeUndefined()
})

it('opens what is one', () => {
  for (const path of ['/', '/v1/reports?a=1&b=//c', '/.countersign', '/a//b']) expect(openedBy(path)).toBe(`${origin}${path}`)
})
