import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lookForForm } from '../../../server/src/gateway/form-scan.ts'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({ routes: "\n    - { method: POST, path: /v1/forms, scope: 'reports:write', forms: true }" })
})
afterAll(() => rig.close())

const urlencoded = 'application/x-www-form-urlencoded'
const parts = 'multipart/form-data; boundary=b'
const part = (head: string, value = 'DELETE') => `--b\r\n${head}\r\n\r\n${value}\r\n`
const inParts = (...all: string[]) => `${all.join('')}--b--\r\n`
const named = (name: string, more = '') => `Content-Disposition: form-data; name="${name}"${more}`

/** Whether a body passes, in pieces of every size: what was let out before it was refused must not be the whole. */
const passes = (type: string, body: string): boolean => {
  const verdicts = [1, 2, 3, 7, 64, 100_000].map((size) => {
    const look = lookForForm(type)
    const bytes = Buffer.from(body, 'latin1')
    try {
      for (let at = 0; at < bytes.length; at += size) look?.(bytes.subarray(at, at + size), false)
      look?.(Buffer.alloc(0), true)
      return true
    } catch {
      return false
    }
  })
  expect(new Set(verdicts).size, body).toBe(1)
  return verdicts[0] as boolean
}

describe('GW-5 a form', () => {
  const post = async (type: string, body: string) => {
    rig.upstream.forget()
    const { session, token } = await rig.open({ scopes: ['reports:write'] })
    const answer = await rig.send('POST /v1/forms', token, [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`], body)
    return { session, answer }
  }

  it.each([
    [urlencoded, 'name=Quarterly&tags[]=a&tags[]=b&method=card&note=_method%3Dx'],
    [`${urlencoded}; charset=UTF-8`, 'a=%C3%A4'],
    [parts, inParts(part(named('name')), part(`${named('file', '; filename="a b.txt"')}\r\nContent-Type: text/plain`, 'x = _method\n'))],
  ])('reaches the product as it was sent: %s', async (type, body) => {
    const { answer } = await post(type, body)
    expect(answer.status).toBe(200)
    expect(rig.upstream.received.map((received) => received.body.toString())).toEqual([body])
    expect(rig.upstream.received[0]?.headers.get('content-type')).toBe(type)
  })

  it.each([
    [urlencoded, 'a=1&_method=DELETE'],
    [parts, inParts(part(named('_method')))],
  ])('that names another method is cut off before the product has it: %s', async (type, body) => {
    const { session, answer } = await post(type, body)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'body_refused'])
    expect(rig.upstream.received.every((received) => received.body.length < body.length)).toBe(true)
    const outcome = (await rig.events({ session_id: session.id })).at(-1)
    expect(outcome).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.FAILED', code: 'body_refused' })
  })

  it('is refused where the route does not take one', async () => {
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const answer = await rig.send('POST /v1/reports', token, [`Content-Type: ${urlencoded}`, 'Content-Length: 3'], 'a=1')
    expect(codeOf(answer)).toBe('unsupported_media_type')
  })

  it.each([
    '_method=DELETE',
    'x=1&_METHOD=delete',
    'x=1;_method=DELETE',
    '%5Fmethod=DELETE',
    '_m%65thod=DELETE',
    '%255Fmethod=DELETE',
    '_method[]=DELETE',
    '_method%5B%5D=DELETE',
    '[method=DELETE',
    '.method=DELETE',
    '+_method=DELETE',
    '__method=DELETE',
    'x-http-method-override=DELETE',
    `${'a'.repeat(5_000)}=1`,
    `x=${'a'.repeat(5_000)}&_method=DELETE`,
  ])('urlencoded, that a lenient reader could take another method from: %.40s', (body) => {
    expect(passes(urlencoded, body)).toBe(false)
  })

  it.each([
    inParts(part(named('_METHOD'))),
    inParts(part(named('_method[]'))),
    inParts(part(named('a')), part(named('_method'))),
    inParts(part('Content-Disposition: form-data; name=_method')),
    inParts(part("Content-Disposition: form-data; name*=UTF-8''_method")),
    inParts(part('Content-Disposition: form-data; name="_meth\\od"')),
    inParts(part('Content-Disposition: form-data; name="%5Fmethod"')),
    inParts(part('Content-Disposition: form-data; name="=?utf-8?q?=5Fmethod?="')),
    inParts(part('Content-Disposition: form-data; name="a"; name="_method"')),
    inParts(part('Content-Disposition: form-data;\r\n name="_method"')),
    inParts(part(`${named('a')}\r\n ; name="_method"`)),
    inParts(part('content-disposition : form-data; name="_method"')),
    inParts(part('X: Content-Disposition: form-data; name="_method"')),
    inParts(part('Content-ID: _method')),
    inParts(part(named('_method'))).replaceAll('\r\n', '\n'),
    inParts(part(named('_method'))).replaceAll('\r\n', '\r'),
    inParts(part(named('file', '; filename="x"'), `${'x'.repeat(9_000)}\r\n--other\r\n${named('_method')}\r\n\r\nDELETE`)),
    inParts(part(named('file', '; filename="x"'), `${'x'.repeat(9_000)}${named('_method')}`)),
  ])('in parts, that a lenient reader could take another method from: %.60j', (body) => {
    expect(passes(parts, body)).toBe(false)
  })

  it.each([
    inParts(part(named('a')), part(named('file', '; filename="a.bin"'), 'x'.repeat(200_000))),
    inParts(part(named('tags[]')), part(named('payment_method'))),
    inParts(part(named('file', `; filename="a.pdf"; filename*=UTF-8''%C3%A9.pdf`), '\r\r\n\n_method\r\n')),
  ])('in parts, as programs send them: %.60j', (body) => {
    expect(passes(parts, body)).toBe(true)
  })

  it.each([
    `${urlencoded}; charset=ibm037`,
    `${urlencoded}; charset=utf-16`,
    'multipart/form-data',
    'multipart/form-data; boundary=b; charset=utf-16',
    'multipart/form-data; boundary=a; boundary=b',
    'multipart/mixed; boundary=b',
  ])('of a type that is read in several ways is refused: %s', (type) => {
    expect(() => lookForForm(type)).toThrow()
  })
})
