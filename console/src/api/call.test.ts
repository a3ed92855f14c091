import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { get, getBytes, loadAnswers, onSignedOut, post } from './call.ts'
import type { Failure } from './failure.ts'

const options = { local_people: null, issuer: 'id.example' }
const problem = { type: 'about:blank', title: 'No.', status: 401, code: 'not_signed_in', hint: 'Sign in.', request_id: 'req_1' }
const answers: Record<string, [status: number, body: string]> = {
  '/good': [200, JSON.stringify({ ...options, more: 'kept' })],
  '/other': [200, JSON.stringify({ ...options, issuer: 7 })],
  '/page': [200, '<!doctype html>'],
  '/refused': [401, JSON.stringify(problem)],
  '/proxy': [502, '<h1>Bad gateway</h1>'],
  '/odd': [403, JSON.stringify({ code: 'role_missing' })],
}
const server = createServer((request, response) => {
  const [status, body] = answers[request.url ?? ''] ?? [404, '']
  response.writeHead(status).end(body)
})
let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (failure: Failure) => failure.code,
  )
const read = (path: string) => get(`${origin}${path}`, 'SignInOptions')

it('an answer is read whole, and one that is no JSON is said to be garbled', async () => {
  expect(await read('/good')).toEqual({ ...options, more: 'kept' })
  expect(await codeOf(read('/page'))).toBe('answer_garbled')
})

it('a refusal is told by its code, and one of somebody between as garbled', async () => {
  const told: string[] = []
  onSignedOut(({ code }) => told.push(code))
  expect(await codeOf(read('/refused'))).toBe('not_signed_in')
  expect(await codeOf(post(`${origin}/refused`, {}, 'SignInOptions'))).toBe('not_signed_in')
  expect(await codeOf(getBytes(`${origin}/refused`))).toBe('not_signed_in')
  expect(told).toEqual(['not_signed_in', 'not_signed_in', 'not_signed_in'])
  expect(await codeOf(read('/proxy'))).toBe('answer_garbled')
  expect(await codeOf(read('/odd'))).toBe('answer_garbled')
})

it('once the schemas are there, an answer of another form is said to be garbled', async () => {
  expect(await codeOf(read('/other'))).toBe('none')
  await loadAnswers()
  expect(await codeOf(read('/other'))).toBe('answer_garbled')
  expect(await codeOf(read('/good'))).toBe('none')
})
