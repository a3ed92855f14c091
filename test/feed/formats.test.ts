import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { eventNames, type LoggedEvent } from '@countersign/contract/events.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCef } from '../../server/src/feed/formats/cef.ts'
import { formatEcs } from '../../server/src/feed/formats/ecs.ts'
import { formatOcsf, ocsfVersion } from '../../server/src/feed/formats/ocsf.ts'
import { formatSyslog, frameSyslog } from '../../server/src/feed/formats/syslog.ts'
import { anyEvent, arbitraryEvent, hostileTexts } from '../support/arbitrary-event.ts'
import { readOcsf, troublesOf } from './ocsf-schema.ts'

const from = { leaf: 'ab'.repeat(32), origin: 'support.example/log' }
const record = (event: LoggedEvent) => ({ event, ...from })

const schemaFile = resolve(import.meta.dirname, '../../../shared/ocsf-1.8.0.json')
const isThere = existsSync(schemaFile) || process.env.CI !== undefined

describe('EX-5 OCSF', () => {
  if (!isThere) it('agrees with the published schema', ({ skip }) => skip('the file ../shared/ocsf-1.8.0.json is missing'))
  else {
    const ocsf = readOcsf(schemaFile)

    it('is the version that is written', () => expect(ocsf.version).toBe(ocsfVersion))

    it.each(eventNames)('%s validates, whatever stands in it', (name) => {
      fc.assert(
        fc.property(arbitraryEvent(name), (event) => {
          expect(troublesOf(ocsf, formatOcsf(record(event)))).toEqual([])
        }),
        { numRuns: 60 },
      )
    })

    it('the validator refuses what the schema does', () => {
      const [event] = fc.sample(arbitraryEvent('IMPERSONATE.STARTED'), 1) as [LoggedEvent]
      const good = formatOcsf(record(event))
      expect(troublesOf(ocsf, { ...good, user: undefined })).toEqual(['event.user: is required'])
      expect(troublesOf(ocsf, { ...good, colour: 1 })).toEqual(['event.colour: is no attribute'])
      expect(troublesOf(ocsf, { ...good, time: 'today' })).toEqual(['event.time: is no timestamp_t: "today"'])
      expect(troublesOf(ocsf, { ...good, service: undefined })).toEqual(['event: has none of service, dst_endpoint'])
      expect(troublesOf(ocsf, { ...good, severity_id: 77 })).toEqual(['event.severity_id: is none of its values: 77'])
    })
  }

  it('an impersonation is an account switch, a request an API activity with its route', () => {
    const [started] = fc.sample(arbitraryEvent('IMPERSONATE.STARTED'), 1) as [LoggedEvent]
    expect(formatOcsf(record(started))).toMatchObject({ class_uid: 3002, activity_id: 7, account_switch_type_id: 2 })
    const [completed] = fc.sample(arbitraryEvent('SUPPORT_SESSION.REQUEST.COMPLETED'), 1) as [LoggedEvent]
    const request = { id: 'req_1', method: 'DELETE', path: '/v1/a', route: '/v1/:id', status: 204, duration_ms: 1.5 }
    expect(formatOcsf(record({ ...completed, request } as LoggedEvent))).toMatchObject({
      class_uid: 6003,
      activity_id: 4,
      api: { operation: 'DELETE /v1/:id' },
      http_response: { code: 204, latency: 2 },
    })
  })

  it('holds the whole event, its place and its leaf', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { metadata, unmapped } = formatOcsf(record(event)) as {
          metadata: { sequence: number; uid: string }
          unmapped: { countersign: object }
        }
        expect(metadata).toMatchObject({ sequence: event.log_index, uid: event.id })
        expect(unmapped.countersign).toMatchObject({ action: event.action, leaf_hash: from.leaf })
      }),
    )
  })
})

/** A reader of CEF:0 written from its specification alone: escapes undone, keys told from values by ` key=`. */
const readCef = (line: string) => {
  expect(line).toMatch(/^CEF:0\|[^\n\r]*$/)
  const fields: string[] = ['']
  let at = 'CEF:'.length
  for (; fields.length < 8 && at < line.length; at++) {
    const character = line[at] as string
    if (character === '\\') fields.push(`${fields.pop()}${line[++at]}`)
    else if (character === '|') fields.push('')
    else fields.push(`${fields.pop()}${character}`)
  }
  const rest = line.slice(at)
  const starts = [...rest.matchAll(/(?:^| )([A-Za-z0-9]+)=/g)]
  const pairs = starts.map((match, n) => {
    const begin = match.index + match[0].length
    const raw = rest.slice(begin, starts[n + 1]?.index ?? rest.length)
    return [match[1], raw.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped === 'r' ? '\r' : escaped))]
  })
  return { fields, extension: Object.fromEntries(pairs) as Record<string, string>, keys: starts.map((match) => match[1]) }
}

describe('EX-3 CEF', () => {
  it('one event is one line with the keys that we wrote and no other', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { fields, extension, keys } = readCef(formatCef(record(event)))
        expect(fields.slice(1, 5)).toEqual(['Countersign', 'Countersign', expect.any(String), event.action])
        expect(fields).toHaveLength(8)
        expect(new Set(keys).size).toBe(keys.length)
        expect(extension).toMatchObject({ externalId: event.id, cn1: String(event.log_index), act: event.action, outcome: event.result })
      }),
      { numRuns: 500 },
    )
  })

  it.each(hostileTexts)('a reason, a note and a label come back as they were: %j', (text) => {
    const [event] = fc.sample(arbitraryEvent('ACCOUNT.SUSPEND'), 1) as [LoggedEvent]
    const { extension } = readCef(formatCef(record({ ...event, reason: text, note: text } as LoggedEvent)))
    const withoutBreaks = text.replace(/\r\n|[\n\r\u0085\u2028\u2029\0]/g, '\n')
    expect(extension.reason).toBe(withoutBreaks)
    expect(extension.msg).toBe(withoutBreaks)
  })
})

describe('EX-3 CEF read by liblognorm', () => {
  it('has every key and value as it was, whatever stands in it', ({ skip }) => {
    skip(spawnSync('lognormalizer', ['-h']).error !== undefined, 'lognormalizer is not installed (Debian: liblognorm-utils)')
    const folder = mkdtempSync(join(tmpdir(), 'countersign-cef-'))
    writeFileSync(join(folder, 'rules'), 'version=2\nrule=:%f:cef%\n')
    const [event] = fc.sample(arbitraryEvent('ACCOUNT.SUSPEND'), 1) as [LoggedEvent]
    const lines = hostileTexts.map((text) => formatCef(record({ ...event, reason: text, note: text } as LoggedEvent)))
    const { stdout } = spawnSync('lognormalizer', ['-r', join(folder, 'rules'), '-e', 'json'], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    const read = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { f: { SignatureID: string; Extensions: Record<string, string> } }).f)
    expect(read).toHaveLength(hostileTexts.length)
    for (const [at, text] of hostileTexts.entries()) {
      const { SignatureID, Extensions } = read[at] as (typeof read)[number]
      const shown = text.replace(/\r\n|[\n\r\u0085\u2028\u2029\0]/g, '\n')
      expect(SignatureID).toBe('ACCOUNT.SUSPEND')
      expect(Extensions).toMatchObject({ externalId: event.id, act: event.action, outcome: event.result, reason: shown, msg: shown })
    }
  })
})

describe('ECS', () => {
  it('has what every event of the schema has, with allowed categories and types', () => {
    const allowed = {
      category: ['session', 'iam', 'api', 'configuration', 'authentication'],
      type: ['access', 'change', 'admin', 'info', 'denied', 'start', 'end'],
    }
    fc.assert(
      fc.property(anyEvent, (event) => {
        const ecs = formatEcs(record(event)) as { event: { category: string[]; type: string[] } }
        expect(ecs).toMatchObject({
          '@timestamp': event.occurred_at,
          event: { id: event.id, action: event.action, sequence: event.log_index },
        })
        for (const name of ['category', 'type'] as const) for (const value of ecs.event[name]) expect(allowed[name]).toContain(value)
      }),
    )
  })
})

/** A reader of RFC 5424 written from its grammar alone. */
const readSyslog = (message: string) => {
  const parts = /^<(\d{1,3})>1 (\S+) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (\[.*?[^\\]\]) \ufeff(.*)$/su.exec(message)
  if (!parts) throw new Error(`no message of RFC 5424: ${message}`)
  const data = [...(parts[7] as string).matchAll(/ ([A-Za-z0-9_]+)="((?:[^"\\\]]|\\.)*)"/gu)]
  return {
    priority: Number(parts[1]),
    id: parts[6],
    data: Object.fromEntries(data.map(([, name, value]) => [name, (value as string).replace(/\\(.)/g, '$1')])),
    text: parts[8] as string,
  }
}

describe('RFC 5424', () => {
  it('one event is one message, whatever stands in its text', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom(...hostileTexts), (event, text) => {
        const message = formatSyslog(record(event), text, { hostname: 'host one', pid: 7 })
        expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        const read = readSyslog(message)
        expect(read.data).toMatchObject({ index: String(event.log_index), id: event.id, leaf: from.leaf })
        expect(read.priority >> 3).toBe(13)
      }),
      { numRuns: 500 },
    )
  })

  it('JSON comes back as the value that it was', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { text } = readSyslog(formatSyslog(record(event), JSON.stringify(formatOcsf(record(event))), { hostname: 'a', pid: 1 }))
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(formatOcsf(record(event)))))
      }),
    )
  })

  it('frames are counted in octets', () => {
    expect(frameSyslog('é').toString('latin1')).toBe('2 Ã©')
  })
})
