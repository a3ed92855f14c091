import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseConfig } from '../../server/src/config.ts'
import { type SignalRig, startSignalRig } from '../health/signals-rig.ts'

/*
 * What docs/health.md tells people to copy is run as it stands there.
 */

const page = readFileSync(new URL('../../docs/health.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text)
const run = promisify(execFile)

let rig: SignalRig
beforeAll(async () => {
  rig = await startSignalRig()
  await rig.database.store.db
    .insertInto('tenants')
    .values({ id: 'ten_0001', name: 'One', status: 'active', created_at: new Date(), updated_at: new Date() })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
})
afterAll(() => rig?.close())

const environment = () => ({ ...process.env, COUNTERSIGN_URL: rig.console_url, COUNTERSIGN_INGEST_KEY: rig.key })
const has = (command: string) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
const counted = async () => {
  const { calls, errors } = await rig.total('ten_0001')
  await rig.asSuperuser('truncate health_minutes')
  return { calls, errors }
}

describe('docs/health.md', () => {
  it('the call by curl', async ({ skip }) => {
    skip(!has('curl'), 'there is no curl here')
    const call = blocks('sh').find((text) => text.includes('curl')) as string
    const { stdout } = await run('sh', ['-c', call], { env: environment() })
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 1 })
    expect(await counted()).toEqual({ calls: 120, errors: 3 })
  })

  it('the call in Python', async ({ skip }) => {
    skip(!has('python3'), 'there is no python3 here')
    const { stdout } = await run('python3', ['-c', blocks('python')[0] as string], { env: environment() })
    expect(stdout).toContain("'accepted': 1")
    expect(await counted()).toEqual({ calls: 120, errors: 3 })
  })

  it('the counter in Node: a minute that goes on replaces itself', async () => {
    const use = `
for (let n = 0; n < 10; n++) count('ten_0001', n < 2 ? 503 : 200)
await send()
count('ten_0001', 200)
await send()`
    await run(process.execPath, ['--input-type=module', '-e', `${blocks('js')[0]}${use}`], { env: environment() })
    expect(await counted()).toEqual({ calls: 11, errors: 2 })
  })

  it('the yaml of a collector is yaml, and the one of Prometheus a configuration', () => {
    const [collector = '', prometheus = ''] = blocks('yaml')
    expect(parseYaml(collector).service.pipelines['metrics/countersign'].exporters).toEqual(['otlphttp/countersign'])
    const config = parseConfig(
      `gateway:
  upstream: https://api.product.internal
  upstream_audience: product-api
  routes: [{ method: GET, path: /v1/invoices, scope: 'billing:read' }]
  presets: { read_only: ['billing:read'] }
directory: { connector: { url: 'https://product.internal/countersign', audience: product-connector } }
${prometheus}`,
      'the page',
    )
    expect(config.health.prometheus?.url).toBe('https://prometheus.internal:9090')
  })
})
