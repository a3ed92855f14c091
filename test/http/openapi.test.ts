import SwaggerParser from '@apidevtools/swagger-parser'
import type { RouteOptions } from 'fastify'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildDoor } from '../../server/src/http/app.ts'
import { logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.close())

type Document = { openapi: string; paths: Record<string, Record<string, object>> }

it('OP-7 the OpenAPI document is valid 3.1 and describes exactly the routes that run', async () => {
  const document = (await (await fetch(`${rig.console_url}/openapi.json`)).json()) as Document
  expect(document.openapi).toBe('3.1.0')
  await SwaggerParser.validate(structuredClone(document) as never)
  const running = rig.routes().map(({ method, url }) => `${method} ${url.replace(/:([a-z_]+)/g, '{$1}').replace(/\*$/, '{*}')}`)
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(running.sort())
})

it('refuses to start with a route that does not say who may call it', async () => {
  const routes = (app: { route(options: RouteOptions): unknown }) => {
    app.route({ method: 'GET', url: '/open', handler: async () => 'x' })
  }
  await expect(
    buildDoor({
      store: rig.database.store,
      journal: rig.database.journal,
      logKey: logKeyOf(rig.database.keys, 'test.example/log'),
      publicUrl: 'http://localhost:1',
      log: pino({ level: 'silent' }),
      routes: routes as never,
    }),
  ).rejects.toThrow('GET /open does not declare who may call it')
})
