import { describe, expect, it } from 'vitest'
import { formatCsvRow } from '../../server/src/csv.ts'

const cell = (text: string): string => formatCsvRow([text]).slice(1, -3)

describe('EX-1 CSV', () => {
  it('follows RFC 4180: quotes doubled, lines ended by CRLF, numbers and nothing unquoted', () => {
    expect(formatCsvRow(['a "b", c', 5, -1, true, null, undefined, ''])).toBe('"a ""b"", c",5,-1,true,,,""\r\n')
    expect(formatCsvRow(['two\nlines'])).toBe('"two\nlines"\r\n')
  })

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠A1',
    '  =1',
    '"=1',
    ' \'"=1',
    '\u00a0=1',
    '\ufeff=1',
  ])('puts an apostrophe before %j', (text) => expect(cell(text)).toBe(`'${text.replaceAll('"', '""')}`.replace(/(?<=^'[\t\r\n])=/, "'=")))

  it('does so where another separator, or a line that is read alone, begins a cell', () => {
    expect(cell('x;=1')).toBe("x;'=1")
    expect(cell('x\n =1')).toBe("x\n '=1")
    expect(cell('x\t+1')).toBe("x\t'+1")
    expect(cell('x|"@A')).toBe('x|""\'@A')
  })

  it('leaves every other text as it is', () => {
    for (const text of ['Zoë', 'a=b', 'eve@globex.example', '2026-11-29', 'evt_1-2', 'a - b', 'SUP-4831', '#4831'])
      expect(cell(text)).toBe(text)
  })

  it('shows what a text file cannot hold', () => {
    expect(cell('a\0b')).toBe('a\u2400b')
    expect(cell('\0=1')).toBe("'\u2400=1")
    expect(cell('\ud800')).toBe('\ufffd')
  })
})
