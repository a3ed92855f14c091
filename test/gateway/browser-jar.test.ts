import { afterEach, describe, expect, it } from 'vitest'
import { type Jars, newJars } from '../../server/src/gateway/browser/jar.ts'

let jars: Jars
let nowMs = 0
const open = (): Jars => {
  nowMs = 0
  jars = newJars(() => nowMs)
  return jars
}
afterEach(() => jars.close())

const at = 'http://10.0.0.5:8080/app/page'

describe('the jar of a session', () => {
  it('gives back what the product set, to whom and where the product said', () => {
    open().keep('ses_a', at, ['a=1; Path=/; Secure; HttpOnly', 'b=2; Path=/app', 'c=3; Path=/other', '__Host-d=4; Path=/; Secure'], 1e9)
    expect(jars.find('ses_a', at)).toBe('b=2; a=1; __Host-d=4')
    expect(jars.find('ses_a', 'http://10.0.0.5:8080/x')).toBe('a=1; __Host-d=4')
    expect(jars.find('ses_a', 'http://10.0.0.6:8080/app/page')).toBeUndefined()
    jars.keep('ses_a', at, ['a=; Max-Age=0; Path=/', 'b=5; Path=/app'], 1e9)
    expect(jars.find('ses_a', at)).toBe('b=5; __Host-d=4')
  })

  it('keeps a cookie of the product’s public domain for the upstream itself', () => {
    open().keep('ses_a', at, ['a=1; Domain=app.product.example; Path=/'], 1e9)
    expect(jars.find('ses_a', at)).toBe('a=1')
    expect(jars.find('ses_a', 'https://app.product.example/')).toBeUndefined()
  })

  it('is nobody else’s', () => {
    open().keep('ses_a', at, ['a=1'], 1e9)
    expect(jars.find('ses_b', at)).toBeUndefined()
  })

  it('is bounded in number and size', () => {
    open().keep(
      'ses_a',
      at,
      Array.from({ length: 500 }, (_, i) => `c${i}=1; Path=/`),
      1e9,
    )
    expect(jars.find('ses_a', at)?.split('; ')).toHaveLength(50)
    jars.keep('ses_a', at, [`c0=${'x'.repeat(5_000)}; Path=/`, 'c1=2; Path=/'], 1e9)
    expect(jars.find('ses_a', at)).toMatch(/^c0=1; c1=2;/)
    const apart = ['Path=/app', 'Path=/app/page', 'Domain=0.0.5', 'Path=/'].map((where) => `c0=2; ${where}`)
    const paths = Array.from({ length: 500 }, (_, i) => `c0=3; Path=/app/page/${i}`)
    jars.keep('ses_a', at, [...apart, ...paths], 1e9)
    expect(jars.find('ses_a', `${at}/7`)).toMatch(/^c0=2; c1=2;/)
    for (let i = 0; i < 2_000; i++) jars.keep(`ses_${i}`, at, ['a=1'], 1e9)
    expect(jars.find('ses_a', at)).toBeUndefined()
  })

  it('is gone with the session', () => {
    open().keep('ses_a', at, ['a=1'], 1_000)
    nowMs = 1_000
    expect(jars.find('ses_a', at)).toBeUndefined()
    jars.keep('ses_b', at, ['a=1'], 2_000)
    jars.drop('ses_b')
    expect(jars.find('ses_b', at)).toBeUndefined()
  })

  it.each(['', '=', ';', 'a', '\0=1', 'a=1; Domain=com', 'a=1; Path=relative', 'a="x;y"', `${'a'.repeat(5_000)}=1`])(
    'takes whatever a product sends: %s',
    (line) => {
      open().keep('ses_a', at, [line], 1e9)
      expect(jars.find('ses_a', at) ?? '').not.toMatch(/[\r\n\0]/)
    },
  )
})
